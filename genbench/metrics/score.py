"""What a metric returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A number with what it needs to be believed."""

    value: float | None  # None with a reason in `warnings`
    se: float | None = None  # standard error of sampling rows, where defined
    warnings: tuple[str, ...] = ()
    # Of c2st: where 95 % of values lie when both sides are alike, and not around the value.
    interval: tuple[float, float] | None = None
