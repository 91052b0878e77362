"""Stability: do more of the candidate's seeds collapse?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.check.decision import Decision
from genbench.check.detectable import detectable_collapse
from genbench.check.levels import check_count, tested
from genbench.stats.proportions import difference_interval, fisher_p_greater, non_inferiority_p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.check.rules import Rules


def judge_collapse(
    candidate: Sequence[bool], baseline: Sequence[bool], *, look: int, comparisons: int, rules: Rules
) -> Decision:
    """Decide whether more seeds collapse, from all seeds that were planned up to this look.

    FAIL by Fisher's test of no rise, PASS by the exact test of a rise by the margin. The effect is the difference of
    the rates: 0.2 is 20 more of 100 seeds.

    Args:
        candidate: whether each planned seed collapsed; one that failed counts as collapsed.
        baseline: likewise, all of its seeds.
        look: which of the planned looks, from 0.
        comparisons: of quality that are gated, this one included.
        rules: of the check.

    Raises:
        ValueError: another number of seeds than planned for this look, no baseline seeds, no such look, no comparisons.
    """
    check_count(len(candidate), rules.seeds, look, "seeds")
    ours, theirs = (sum(candidate), len(candidate)), (sum(baseline), len(baseline))
    tests = tested(
        fisher_p_greater(ours, theirs),
        non_inferiority_p(ours, theirs, margin=rules.more_collapsed),
        is_enough=True,
        look=look,
        comparisons=comparisons,
        rules=rules,
    )
    return Decision(
        **tests,
        effect=ours[0] / ours[1] - theirs[0] / theirs[1],
        interval=difference_interval(ours, theirs),
        n=(theirs[1], ours[1]),
        detectable=detectable_collapse(baseline, comparisons=comparisons, rules=rules),
    )
