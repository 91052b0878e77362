"""Many models at once: ranks that claim no more than the seeds can tell, and whole distributions side by side.

References:
    E. D. Dolan, J. J. More, Benchmarking optimization software with performance profiles, 2002, arXiv cs/0102001,
    equation 2.2.
    R. Agarwal, M. Schwarzer, P. S. Castro, A. Courville, M. G. Bellemare, Deep Reinforcement Learning at the Edge of
    the Statistical Precipice, 2021, arXiv 2108.13264, equation 1: score distributions.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from genbench.stats.pairs import LEVEL, compare, holm
from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


def ranks(scores: Mapping[str, Sequence[float]], *, lower_is_better: bool = True) -> dict[str, int]:
    """Return for each model 1 + the number of models that are better than it beyond doubt.

    Beyond doubt means an exact p, corrected by Holm for all pairs of the models given, of at most 5 %. Models that the
    seeds cannot tell from anybody better share rank 1; "not distinguishable" is not transitive, and neither are ties.

    Args:
        scores: per model one value per planned seed; NaN means failed and ranks worst.
        lower_is_better: which way the metric goes.

    Raises:
        ValueError: a model without values.
    """
    pairs = list(combinations(scores, 2))
    found = [compare(scores[one], scores[other], lower_is_better=lower_is_better) for one, other in pairs]
    result = dict.fromkeys(scores, 1)
    for pair, comparison, p in zip(pairs, found, holm([each.p for each in found]), strict=True):
        if p <= LEVEL:
            result[pair[1] if comparison.probability > 0.5 else pair[0]] += 1
    return result


def performance_profile(
    values: Sequence[float], thresholds: ArrayLike, *, lower_is_better: bool = True
) -> NDArray[np.float64]:
    """Return the share of seeds that reach or pass each threshold; a failed seed reaches none.

    Of ratios to the best model it is the profile of Dolan and More, of scores the distribution of Agarwal et al.

    Args:
        values: one per planned seed; NaN means failed.
        thresholds: any number of them, [t].
        lower_is_better: which way the metric goes.

    Returns:
        Shares [t].

    Raises:
        ValueError: no values.
    """
    reached = ranked(values, lower_is_better=lower_is_better)
    alive, limits = reached[np.isfinite(reached)], np.asarray(thresholds, dtype=np.float64)
    passes = np.less_equal if lower_is_better else np.greater_equal
    return np.asarray(passes(alive, limits[:, None]).sum(axis=1) / len(reached))
