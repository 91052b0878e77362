"""Strings that a reader sees: numbers made short, lists made readable."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Style = Literal["number", "count", "percent", "ratio", "size", "bytes", "deviation"]

LONGEST_LABEL = 26  # characters of a row's label in the terminal
UNITS = ("", "k", "M", "G", "T", "P", "E")


def finite(value: float | None) -> float | None:
    """Return `value`, or None where it is missing, NaN or infinite."""
    return None if value is None or not math.isfinite(value) else float(value)


def number(value: float, style: Style = "number") -> str:
    """Return a finite value as printed: three significant digits, no leading zero, thousands by commas from 10,000."""
    if style == "count" and value == int(value):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"
    if style == "percent":
        return f"{_decimal(100 * value, 2)} %"
    if style == "ratio":
        return _decimal(value, 2)
    if style in ("size", "bytes"):
        return _scaled(value) + ("B" if style == "bytes" else "")
    return _significant(value, 2 if style == "deviation" else 3)


def probability(p: float) -> str:
    """Return a p-value as `p .03`."""
    return "p < .001" if p < 0.001 else f"p {f'{p:.2g}'.removeprefix('0')}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def plural(count: int, noun: str) -> str:
    """Return `1 seed` or `5 seeds`."""
    return f"{number(count, 'count')} {noun}{'' if count == 1 else 's'}"


def _significant(value: float, digits: int) -> str:
    """Return at least `digits` significant digits, two below a thousandth, and whole numbers from 100."""
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0:
        return "0"
    if abs(rounded) >= 1e7:
        return _scaled(value)
    if abs(rounded) < 0.001:
        return re.sub(r"e-0?", "e-", f"{value:.1e}")
    exponent = math.floor(math.log10(abs(rounded)))
    return _decimal(value, min(4, max(0, digits - 1 - exponent)))


def _decimal(value: float, digits: int) -> str:
    """Return fixed decimals without the zero before the point; more than 100 needs no decimals."""
    if abs(value) >= 99.5:
        return f"{value:,.0f}" if abs(value) >= 9_999.5 else f"{value:.0f}"
    text = f"{value:.{digits}f}"
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _scaled(value: float) -> str:
    steps = 0
    while abs(value) >= 999.5 and steps < len(UNITS) - 1:
        value, steps = value / 1000, steps + 1
    return f"{value:.3g} {UNITS[steps]}".rstrip()
