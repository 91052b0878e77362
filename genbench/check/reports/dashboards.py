"""What dashboards draw of a check: the candidate's medians in their own units, and how far they reach."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.check.findings import Checked, Finding

Point = tuple["Finding", float, tuple[float, float] | None]  # value, and bounds about it


def points(checked: Checked) -> Iterator[Point]:
    """Yield every comparison that has a finite number, gated or not; dashboards know neither null nor NaN."""
    for each in checked.findings:
        if each.candidate is not None and math.isfinite(each.candidate):
            yield each, each.candidate, bounds(each)


def bounds(finding: Finding) -> tuple[float, float] | None:
    """Return the interval of the effect as an interval of the candidate's median; None where it has none.

    It is drawn about the baseline's median, which is taken for known, and made to hold the candidate's own.
    """
    if finding.interval is None or finding.baseline is None or finding.candidate is None:
        return None
    edges = [_shifted(finding, edge) for edge in finding.interval]
    reach = [finding.candidate, *edges]
    return (min(reach), max(reach)) if all(map(math.isfinite, reach)) else None


def _shifted(finding: Finding, effect: float) -> float:
    """Return the median of a candidate that is worse than the baseline by an effect."""
    gate, baseline = finding.gate, finding.baseline
    assert baseline is not None
    is_lower = gate.better == "lower"
    if gate.scale == "ratio":
        if effect <= -1:
            return math.inf
        return baseline * (1 + effect) if is_lower else baseline / (1 + effect)
    unit = 1.0 if gate.scale == "rate" else gate.deviation
    if unit is None:
        return math.inf
    return baseline + effect * unit if is_lower else baseline - effect * unit
