"""Write numbers for people."""

from __future__ import annotations

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def size(amount: float) -> str:
    """Write bytes: 0 B, 12 KiB, 1.5 GiB."""
    value, unit = float(amount), 0
    while value >= 1023.5 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    digits = 1 if unit >= 2 and value < 99.95 else 0
    return f"{value:,.{digits}f} {_SIZES[unit]}"


def count(amount: int) -> str:
    """Write a number: 1,234, 45.6 million, 7.8 billion."""
    for limit, name in ((10**9, "billion"), (10**6, "million")):
        if amount >= 10 * limit or (amount >= limit and limit == 10**9):
            return f"{amount / limit:,.1f} {name}"
    return f"{amount:,}"


def time(seconds: float) -> str:
    """Write a time: 40 ms, 3.2 s, 45 s, 12 min 5 s, 3 h 4 min."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def share(part: float) -> str:
    """Write a share: 0 %, under 1 %, 45 %."""
    if part > 0 and not round(100 * part):
        return "under 1 %"
    return f"{part:.0%}".replace("%", " %")


def dollars(amount: float) -> str:
    """Write an amount of money: $0.0412, $3.07, $1,204."""
    if amount < 0.995:
        return f"${amount:.2f}" if amount >= 0.1 else f"${amount:.4f}"
    return f"${amount:,.2f}" if amount < 999.5 else f"${amount:,.0f}"


def times(ratio: float | None) -> str:
    """Write how many times the middle one the largest is; a dash where the middle one is 0."""
    if ratio is None:
        return "–"
    return f"{ratio:,.1f}×" if ratio < 99.95 else f"{ratio:,.0f}×"
