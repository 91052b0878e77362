"""Seeds added in planned steps: how much error each look may spend, and what the looks together decide.

References:
    K. K. G. Lan, D. L. DeMets, Discrete Sequential Boundaries for Clinical Trials, Biometrika 70, 1983: what the looks
    spend adds up to the level; by Bonferroni the error is no more than that, whatever the looks have in common.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from genbench.stats.pairs import LEVEL, Comparison, compare, smallest_p
from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FIRST_SHARE = 0.4  # of the level, for the first look of several; the others share the rest alike


def spend(looks: Sequence[int], level: float = LEVEL) -> tuple[float, ...]:
    """Return the level of each look: 0.4 of the whole for the first, the rest in equal parts; 0.4, 0.3, 0.3 for three.

    Args:
        looks: seeds of each model at each look, ascending.
        level: two-sided, of all looks together.

    Raises:
        ValueError: no looks, looks that do not ascend, or one at which not even complete separation could decide.
    """
    if not looks or looks[0] < 1 or any(later <= earlier for earlier, later in pairwise(looks)):
        raise ValueError(f"looks: got {list(looks)}, expected ascending numbers of seeds, as 5, 10, 20")
    later = len(looks) - 1
    shares = [FIRST_SHARE, *[(1 - FIRST_SHARE) / later] * later] if later else [1.0]
    levels = tuple(level * share for share in shares)
    for seeds, own in zip(looks, levels, strict=True):
        if smallest_p(seeds, seeds) > own:
            raise ValueError(
                f"looks: {seeds} against {seeds} seeds reach p {smallest_p(seeds, seeds):.2g} at best, but the look "
                f"at {seeds} of {list(looks)} has to reach {own:.2g}; plan more seeds there, or fewer looks"
            )
    return levels


def compare_in_looks(
    first: Iterable[float], second: Iterable[float], looks: Sequence[int], *, lower_is_better: bool = True
) -> Comparison:
    """Compare two models at each planned look that both have the seeds for, and stop where one decides.

    Args:
        first: one value per planned seed, in the order of the seeds; NaN means failed and ranks worst.
        second: likewise.
        looks: seeds of each model at each look, ascending.
        lower_is_better: which way the metric goes.

    Returns:
        The comparison at the first look that decides, of that look's seeds and at its level; otherwise the one at the
        last look that was reached. Before the first look nothing is decided, whatever the p of the seeds so far.

    Raises:
        ValueError: no values on one side, or looks that `spend` refuses.
    """
    ours, theirs = (ranked(values, lower_is_better=lower_is_better) for values in (first, second))
    levels = spend(looks)
    fewest = min(len(ours), len(theirs))
    reached = [(seeds, level) for seeds, level in zip(looks, levels, strict=True) if seeds <= fewest]
    if not reached:
        early = compare(ours, theirs, lower_is_better=lower_is_better, level=levels[0])
        return replace(early, distinguishable=False, seeds_needed=looks[0])
    for seeds, level in reached:
        found = compare(ours[:seeds], theirs[:seeds], lower_is_better=lower_is_better, level=level)
        if found.distinguishable:
            break
    return found
