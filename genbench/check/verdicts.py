"""From a decision to a finding: the words for what numbers alone do not say."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from genbench.check.findings import Finding

if TYPE_CHECKING:
    from genbench.check.decision import Decision
    from genbench.check.findings import Gate

IDENTICAL, MISSING, UNTIMED, TIME, BIASED = "identical", "missing", "not timed", "time is up", "host bias"
TOO_GOOD = "much better than the baseline: verify that it is meant"


def decided(
    gate: Gate,
    decision: Decision,
    looks: tuple[int, int],
    medians: tuple[float | None, float | None],
    notes: tuple[str, ...] = (),
) -> Finding:
    """Return what a decision found; one that is open at the last look that was reached is inconclusive.

    Args:
        gate: the comparison.
        decision: at the look that decided, or else the last.
        looks: used and planned.
        medians: of baseline and candidate, in the measure's own unit.
        notes: besides.
    """
    detectable = gate.detectable if decision.detectable is None else decision.detectable
    return Finding(
        gate=gate,
        verdict=decision.verdict or "INCONCLUSIVE",
        effect=decision.effect if isfinite(decision.effect) else None,
        interval=_interval(*decision.interval),
        baseline=medians[0],
        candidate=medians[1],
        n=decision.n,
        looks=looks,
        p_worse=decision.p_worse,
        p_worse_level=decision.p_worse_level,
        p_tolerable=decision.p_tolerable,
        p_tolerable_level=decision.p_tolerable_level,
        detectable=detectable if detectable is not None and isfinite(detectable) else None,
        notes=(*notes, *([TOO_GOOD] if decision.is_too_good else [])),
    )


def missing(gate: Gate, why: str) -> Finding:
    """Return the failure of a comparison that cannot be made any more: silence would let it pass."""
    return Finding(gate=gate, verdict="FAIL", reason=MISSING, detectable=gate.detectable, notes=(why,))


def undecided(gate: Gate, why: str, reason: str = TIME) -> Finding:
    """Return a comparison of which nothing can be said."""
    return Finding(gate=gate, verdict="INCONCLUSIVE", reason=reason, detectable=gate.detectable, notes=(why,))


def _interval(low: float, high: float) -> tuple[float, float] | None:
    """Return what bounds an effect from one side at least; None where every seed failed, and nothing does."""
    return (low, high) if isfinite(low) or isfinite(high) else None
