"""Is one side as good as the other, by its seeds: the gate's own shifted test, and a table of what it says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

from genbench.check.badness import as_badness
from genbench.check.findings import Gate
from genbench.stats.rank_sum import p_greater, shift

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.05  # one-sided, of either claim

Verdict = Literal["NON-INFERIOR", "INFERIOR", "INCONCLUSIVE"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One measure of one model on both sides, a value per planned seed; None where that seed failed."""

    model: str
    measure: str  # in words; lower is better, and never below zero
    ours: Sequence[float | None]
    theirs: Sequence[float | None]
    margin: float  # 0.25: a quarter worse is too much
    is_asked: bool = True  # False: a stricter margin, told besides


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the seeds say: how many times as bad ours is, and which claim they prove."""

    verdict: Verdict
    ratio: float  # ours to theirs, Hodges and Lehmann
    interval: tuple[float, float]  # 95 %
    p_tolerable: float  # exact, of "worse by the margin or more"
    p_inferior: float  # exact, of "worse by no more than the margin"


def judge(comparison: Comparison) -> Judgement:
    """Test both claims at the margin, by exact rank sums of the logarithms; what neither proves is INCONCLUSIVE.

    A seed that failed is infinitely bad on whichever side it is.

    Raises:
        ValueError: a side without seeds.
    """
    gate = Gate(model=comparison.model, data="", measure=comparison.measure, better="lower")
    ours, theirs = as_badness(comparison.ours, gate), as_badness(comparison.theirs, gate)
    shifted = theirs + math.log1p(comparison.margin)
    tolerable, inferior = p_greater(shifted, ours), p_greater(ours, shifted)
    moved = shift(ours, theirs)
    verdict: Verdict = (
        "NON-INFERIOR" if tolerable <= LEVEL else "INFERIOR" if inferior <= LEVEL else "INCONCLUSIVE"
    )  # fmt: skip
    return Judgement(
        verdict=verdict,
        ratio=_times(moved.estimate),
        interval=(_times(moved.low), _times(moved.high)),
        p_tolerable=tolerable,
        p_inferior=inferior,
    )


def lines(comparisons: Sequence[Comparison], theirs: str = "theirs") -> str:
    """Return the table of all comparisons, each with its verdict."""
    header = ("model", "measure (lower is better)", "ours", theirs, "ratio [95 %]", "margin", "p", "verdict")
    rows = [header, ["---"] * len(header), *(_cells(each, judge(each)) for each in comparisons)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(asked: Comparison, found: Judgement) -> list[str]:
    low, high = found.interval
    margin, ratio = f"{100 * asked.margin:g} %", f"{found.ratio:.3f} [{low:.3f}–{high:.3f}]"
    said = found.verdict if found.verdict == "NON-INFERIOR" else f"**{found.verdict}**"
    return [
        asked.model, asked.measure, _values(asked.ours), _values(asked.theirs), ratio,
        margin if asked.is_asked else f"{margin}, besides", f"{found.p_tolerable:.3f}", said,
    ]  # fmt: skip


def _values(values: Sequence[float | None]) -> str:
    good = [each for each in values if each is not None and math.isfinite(each)]
    if not good:
        return f"none of {len(values)} seeds"
    failed = f", {len(values) - len(good)} of {len(values)} failed" if len(good) < len(values) else ""
    return f"{median(good):.4g} [{min(good):.4g}–{max(good):.4g}]{failed}"


def _times(difference: float) -> float:
    try:
        return math.exp(difference)
    except OverflowError:
        return math.inf
