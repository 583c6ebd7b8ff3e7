"""Hostile JSON and YAML: contracts, preprocessors and launch.yaml, made by spoiling good ones."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, float("nan"), "", "x", "../x", "${HOME}", "a\nb", "`", [], {},
    [[]], {"a": {}}, "9" * 5000, ["x"] * 2000,
)  # fmt: skip
CONTRACT = {
    "contract_version": 1,
    "name": "t",
    "columns": [
        {"name": "id", "type": "bigint", "nullable": False},
        {"name": "x", "type": "double", "nullable": True},
        {"name": "s", "type": "string", "nullable": True},
        {"name": "y", "type": "int", "nullable": True},
    ],
    "target": "y",
    "key": ["id"],
}


def spoil(value: Any, chance: random.Random) -> Any:
    """Exchange, remove, add or repeat something somewhere in a tree of JSON."""
    tree = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(tree))
        parent, key = chance.choice(places)
        kind = chance.random()
        if kind < 0.6:
            parent[key] = copy.deepcopy(chance.choice(_VALUES))
        elif kind < 0.75:
            del parent[key]
        elif isinstance(parent, dict):
            parent[chance.choice(("extra", "", "Name", str(key) + "_"))] = chance.choice(_VALUES)
        else:
            parent.insert(0, copy.deepcopy(parent[key]))
    return tree


def _places(tree: Any) -> Any:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        if isinstance(value, (dict, list)) and value:
            yield from _places(value)


def write_json(value: Any, path: Path, chance: random.Random) -> None:
    """Write a tree; now and then as text that is no JSON."""
    text = json.dumps(value)
    if chance.random() < 0.15:
        at = chance.randrange(len(text))
        text = chance.choice((text[:at], text[:at] + chance.choice('{}[],:"\x00') + text[at:]))
    path.write_bytes(text.encode("utf-16" if chance.random() < 0.03 else "utf-8"))


def write_yaml(text: str, path: Path, chance: random.Random) -> None:
    """Spoil a launch.yaml: as a tree, or as text; or write it in another style, as it may be."""
    import yaml

    if chance.random() < 0.2:
        flow, width = chance.choice((None, True, False)), chance.choice((20, 80, 10**6))
        text = yaml.safe_dump(yaml.safe_load(text), default_flow_style=flow, width=width)
        text = chance.choice(("", "\ufeff", "---\n", "%YAML 1.1\n---\n")) + text
        path.write_bytes(text.replace("\n", chance.choice(("\n", "\r\n"))).encode())
        return
    if chance.random() < 0.6:
        tree = yaml.safe_load(text)
        path.write_text(yaml.safe_dump(spoil(tree, chance), allow_unicode=True))
        return
    data = bytearray(text.encode())
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data))
        data[at : at + chance.randint(0, 3)] = chance.choice(
            (b"", b"&a", b"*a", b"!!python/object:os.system", b"{", b"- ", b"\t", b"\xff", b": ")
        )
    path.write_bytes(bytes(data))
