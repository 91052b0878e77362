"""Whole distributions of seeds side by side.

References:
    E. D. Dolan, J. J. More, Benchmarking optimization software with performance profiles, 2002, arXiv cs/0102001,
    equation 2.2.
    R. Agarwal, M. Schwarzer, P. S. Castro, A. Courville, M. G. Bellemare, Deep Reinforcement Learning at the Edge of
    the Statistical Precipice, 2021, arXiv 2108.13264, equation 1: score distributions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


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
