"""How much error a look of a comparison may spend, and what both tests come to at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.check.rules import Rules


def worse_level(look: int, comparisons: int, rules: Rules) -> float:
    """Return the p that a FAIL has to reach: the look's share of alpha, among all gated comparisons of its half.

    Raises:
        ValueError: no such look, or no comparisons.
    """
    if not 0 <= look < len(rules.spending) or comparisons < 1:
        last = len(rules.spending) - 1
        raise ValueError(f"got look {look} and {comparisons} comparisons, expected 0 to {last} and at least 1")
    return rules.alpha * rules.spending[look] / comparisons


def tolerable_level(rules: Rules) -> float:
    """Return the p that a PASS has to reach: an equal part of beta for each look, whatever else is compared."""
    return rules.beta / len(rules.spending)


class Tested(TypedDict):
    """The part of a decision that both tests make."""

    verdict: Literal["PASS", "FAIL"] | None
    p_worse: float
    p_worse_level: float
    p_tolerable: float
    p_tolerable_level: float


def tested(p_worse: float, p_tolerable: float, *, is_enough: bool, look: int, comparisons: int, rules: Rules) -> Tested:
    """Return what both tests come to: FAIL where worse by enough to matter, else PASS where tolerable, else neither.

    Raises:
        ValueError: no such look, or no comparisons.
    """
    level, tolerable = worse_level(look, comparisons, rules), tolerable_level(rules)
    passed: Literal["PASS"] | None = "PASS" if p_tolerable <= tolerable else None
    return Tested(
        verdict="FAIL" if p_worse <= level and is_enough else passed,
        p_worse=p_worse,
        p_worse_level=level,
        p_tolerable=p_tolerable,
        p_tolerable_level=tolerable,
    )


def check_count(got: int, planned: Sequence[int], look: int, what: str) -> None:
    """Refuse a look at another moment than planned: the levels hold for the planned ones only.

    Raises:
        ValueError: no such look, or more or fewer values than it was planned for.
    """
    if not 0 <= look < len(planned):
        raise ValueError(f"got look {look}, expected 0 to {len(planned) - 1}")
    if got != planned[look]:
        raise ValueError(
            f"got {got} {what}, expected the {planned[look]} that this look was planned for, failed or not"
        )
