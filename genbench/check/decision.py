"""What the numbers of one comparison say at one look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The state of a comparison; effects are positive where the candidate is worse, in the scale of its gate."""

    verdict: Literal["PASS", "FAIL"] | None  # None: measure more, or inconclusive at the last look
    effect: float
    interval: tuple[float, float]  # 95 %, of the effect
    n: tuple[int, int]  # values of baseline and candidate
    p_worse: float  # of "no worse", one-sided and exact
    p_worse_level: float
    p_tolerable: float  # of "worse by the margin or more", one-sided and exact
    p_tolerable_level: float
    detectable: float | None = None  # with the spread seen, at the last look
    is_too_good: bool = False
