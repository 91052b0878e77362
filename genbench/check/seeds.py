"""Quality: are the candidate's seeds worse than the baseline's?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.check.badness import as_badness, in_unit, thresholds
from genbench.check.decision import Decision
from genbench.check.detectable import seeds_after
from genbench.check.levels import check_count, tested
from genbench.stats.rank_sum import p_greater, shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.check.findings import Gate
    from genbench.check.rules import Rules

    Values = Sequence[float | None]


def judge_seeds(
    candidate: Values, baseline: Values, *, gate: Gate, look: int, comparisons: int, rules: Rules
) -> Decision:
    """Decide whether a measure became worse, from all seeds that were planned up to this look.

    The effect is the Hodges-Lehmann shift of the logarithms, or in deviations of the baseline. Where most seeds of the
    baseline failed nothing can be worse by that, and what runs at all passes; `seeds_problem` refuses such a gate.

    Args:
        candidate: one value per planned seed, in the measure's unit; None or not finite: failed, the worst there is.
        baseline: likewise, all of its seeds.
        gate: which way the measure goes, and in what scale it is compared.
        look: which of the planned looks, from 0.
        comparisons: of quality that are gated, those of collapse included: they share one budget.
        rules: of the check.

    Raises:
        ValueError: another number of seeds than planned for this look, no such look, no baseline seeds, no comparisons,
            a gate without a scale.
    """
    check_count(len(candidate), rules.seeds, look, "seeds")
    ours, theirs = as_badness(candidate, gate), as_badness(baseline, gate)
    slight, margin = thresholds(gate, rules)
    moved = shift(ours, theirs)
    tests = tested(
        p_greater(ours, theirs),
        p_greater(theirs + margin, ours),
        is_enough=moved.estimate >= slight,
        look=look,
        comparisons=comparisons,
        rules=rules,
    )
    n = (len(theirs), len(ours))
    return Decision(
        **tests,
        effect=in_unit(moved.estimate, gate),
        interval=(in_unit(moved.low, gate), in_unit(moved.high, gate)),
        n=n,
        detectable=seeds_after(moved, n, gate=gate, comparisons=comparisons, rules=rules),
        is_too_good=moved.estimate <= -rules.too_good * margin,
    )
