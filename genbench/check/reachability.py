"""Whether a comparison can fail at all: a gate that cannot is always green, and is refused.

The smallest p that so many values can reach has to be below the level of at least one planned look; the level is the
share of one comparison, and shrinks with every comparison that is added.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from genbench.check.badness import as_badness, thresholds
from genbench.check.levels import worse_level
from genbench.stats import rank_sum, signed_rank
from genbench.stats.proportions import fisher_p_greater

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genbench.check.findings import Gate
    from genbench.check.rules import Rules

MOST_SEEDS = 1000  # beyond it no number is advised


def pair_looks(comparisons: int, rules: Rules) -> tuple[int, ...]:
    """Return the number of pairs at each look: the planned ones, the first raised to where it can fail.

    Later ones give way where the first reaches them, so that they stay ascending.

    Raises:
        ValueError: no comparisons.
    """
    level = worse_level(0, comparisons, rules)
    least = next(pairs for pairs in count(1) if signed_rank.smallest_p(pairs) <= level)
    looks: list[int] = []
    for planned in rules.pairs:
        looks.append(max(planned, looks[-1] + 1 if looks else least))
    return tuple(looks)


def pairs_problem(*, comparisons: int, rules: Rules) -> str | None:
    """Return why no planned look at pairs of processes could ever fail, None where one could.

    Raises:
        ValueError: no comparisons.
    """
    levels = _levels(comparisons, rules)
    if any(signed_rank.smallest_p(pairs) <= level for pairs, level in zip(rules.pairs, levels, strict=True)):
        return None
    needed = next(pairs for pairs in count(1) if signed_rank.smallest_p(pairs) <= levels[-1])
    return (
        f"pairs {list(rules.pairs)} could never fail: {rules.pairs[-1]} reach p "
        f"{signed_rank.smallest_p(rules.pairs[-1]):.2g} at best, {_demand(levels[-1], comparisons)}; plan {needed} "
        "pairs for the last look, or gate fewer measures"
    )


def seeds_problem(baseline: Sequence[float | None], *, gate: Gate, comparisons: int, rules: Rules) -> str | None:
    """Return why no planned look at seeds could ever fail, None where one could.

    The worst candidate is one all of whose seeds failed; with seeds of the baseline that failed it shares the rank.

    Args:
        baseline: one value per seed, as of `judge_seeds`.
        gate: its scale and direction.
        comparisons: of quality that are gated, collapse included.
        rules: of the check.

    Raises:
        ValueError: no comparisons, no baseline seeds, or a deviation that is not positive.
    """
    known, levels = as_badness(baseline, gate), _levels(comparisons, rules)
    slight = thresholds(gate, rules)[0]

    def can_fail(seeds: int, level: float) -> bool:
        worst = np.full(seeds, np.inf)
        return rank_sum.p_greater(worst, known) <= level and rank_sum.shift(worst, known).estimate >= slight

    if any(can_fail(seeds, level) for seeds, level in zip(rules.seeds, levels, strict=True)):
        return None
    failed, last = int(np.isinf(known).sum()), rules.seeds[-1]
    best = rank_sum.p_greater(np.full(last, np.inf), known)
    start = f"{gate} could never fail: {last} seeds against {len(known)} of the baseline"
    if failed:
        start += f", of which {failed} failed,"
    needed = _first(lambda seeds: rank_sum.smallest_p(seeds, len(known)) <= levels[-1])
    more = _first(lambda seeds: rank_sum.smallest_p(last, seeds) <= levels[-1])
    advice = "make a baseline whose seeds do not fail" if failed else _advice(needed, more)
    return f"{start} reach p {best:.2g} at best, {_demand(levels[-1], comparisons)}; {advice}"


def collapse_problem(collapsed: int, of: int, *, comparisons: int, rules: Rules) -> str | None:
    """Return why no planned look at the rate of collapse could ever fail, None where one could.

    Args:
        collapsed: seeds of the baseline that collapsed.
        of: all seeds of the baseline.
        comparisons: of quality that are gated, this one included.
        rules: of the check.

    Raises:
        ValueError: no comparisons, or no count of seeds.
    """
    levels = _levels(comparisons, rules)

    def best(seeds: int) -> float:
        return fisher_p_greater((seeds, seeds), (collapsed, of))

    if any(best(seeds) <= level for seeds, level in zip(rules.seeds, levels, strict=True)):
        return None
    last = rules.seeds[-1]
    needed = _first(lambda seeds: best(seeds) <= levels[-1])
    advice = "leave collapse out of the gate" if needed is None else f"plan {needed} seeds for the last look"
    return (
        f"collapse could never fail: {collapsed} of {of} seeds of the baseline collapsed, against which {last} of "
        f"{last} reach p {best(last):.2g} at best, {_demand(levels[-1], comparisons)}; {advice}"
    )


def _levels(comparisons: int, rules: Rules) -> list[float]:
    return [worse_level(look, comparisons, rules) for look in range(len(rules.spending))]


def _demand(level: float, comparisons: int) -> str:
    return f"but the last look of 1 of {comparisons} comparisons has to reach {level:.2g}"


def _first(is_enough: Callable[[int], bool]) -> int | None:
    return next((seeds for seeds in range(1, MOST_SEEDS + 1) if is_enough(seeds)), None)


def _advice(seeds: int | None, of_baseline: int | None) -> str:
    ways = [
        f"{number} {what}"
        for number, what in ((seeds, "seeds for the last look"), (of_baseline, "for the baseline"))
        if number is not None
    ]
    return f"plan {' or '.join(ways)}" if ways else "gate fewer measures"
