"""What an hour of an instance costs, from a dated table: an estimate, not the bill."""

from __future__ import annotations

import functools
import importlib.resources
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch.errors import LaunchError

# Names a file with prices of your own: {"ml.m5.xlarge": 0.21, ...}, USD an hour, in your region.
OWN_PRICES = "LAUNCH_PRICES"
# Within a family the price goes with the size, counted in xlarge.
_SMALL = {"medium": 0.25, "large": 0.5, "xlarge": 1.0}


@dataclass(frozen=True)
class Price:
    """What one instance costs for an hour, and of when the table is."""

    usd_per_hour: float
    as_of: str
    region: str


def price_per_hour(instance_type: str, region: str) -> Price | None:
    """Return what an instance costs for an hour; None where the table lacks the type or region.

    Prices of your own, in the file that LAUNCH_PRICES names, come first.

    Raises:
        LaunchError: That file cannot be read.
    """
    own = os.environ.get(OWN_PRICES)
    if own:
        mine = _own_prices(Path(own))
        if instance_type in mine:
            return Price(mine[instance_type], f"your own, {Path(own).name}", region)
    table = _table()
    factor = table["regions"].get(region)
    base = table["types"].get(instance_type) or _by_size(table["xlarge"], instance_type)
    if factor is None or base is None:
        return None
    return Price(round(base * factor, 4), table["as_of"], region)


def _by_size(families: dict[str, float], instance_type: str) -> float | None:
    found = re.fullmatch(r"ml\.([a-z0-9-]+)\.(medium|large|xlarge|(\d+)xlarge)", instance_type)
    if found is None or found[1] not in families:
        return None
    size = float(found[3]) if found[3] else _SMALL[found[2]]
    return families[found[1]] * size


def _own_prices(path: Path) -> dict[str, float]:
    hint = f'{OWN_PRICES} names a file such as {{"ml.m5.xlarge": 0.21}}, USD an hour'
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LaunchError(f"the prices in {path} cannot be read: {error}; {hint}") from None
    wrong = not isinstance(read, dict) or next(
        (name for name, usd in read.items() if not _is_price(usd)), None
    )
    if wrong:
        what = "it is no object" if wrong is True else f"{wrong!r} has {read[wrong]!r}"
        raise LaunchError(f"the prices in {path} cannot be used: {what}; {hint}")
    return {name: float(usd) for name, usd in read.items()}


def _is_price(usd: Any) -> bool:
    return isinstance(usd, (int, float)) and not isinstance(usd, bool) and usd >= 0


@functools.cache
def _table() -> dict[str, Any]:
    text = importlib.resources.files(__package__).joinpath("prices.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
