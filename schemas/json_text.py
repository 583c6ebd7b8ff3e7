"""Read JSON that somebody else wrote: whatever is wrong with it is told, not raised."""

from __future__ import annotations

import json
from typing import Any

from schemas.errors import InputError


def parse_json(text: str, *, source: str) -> Any:
    """Parse JSON; InputError with line and column where it is none.

    Also for what Python reads and nothing can write: numbers of thousands of digits, nesting
    beyond its stack, and halves of a UTF-16 pair (a lone surrogate).
    """
    try:
        return load_json(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{source}, line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})"
        ) from None
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise InputError(f"{source}: holds {half!r}, which is half a character") from None
    except RecursionError:
        raise InputError(f"{source}: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{source}: not valid JSON ({error})") from None


def load_json(text: str, **options: Any) -> Any:
    """Parse JSON that can be written again; ValueError or RecursionError for any other text.

    ``options`` are those of ``json.loads``.
    """
    data = json.loads(text, **options)
    json.dumps(data, ensure_ascii=False).encode()
    return data
