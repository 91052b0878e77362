"""The squared maximum mean discrepancy with a Gaussian kernel as wide as the reference.

References:
    A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schoelkopf, A. Smola, A Kernel Two-Sample Test, JMLR 13, 2012,
    equation 3: the unbiased estimate; section 8: the median distance as the kernel's width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from array_api_compat import array_namespace

from genbench.metrics.distances import mean_between, mean_within
from genbench.metrics.median import median_distance
from genbench.metrics.rows import Array, checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def mmd(real: ArrayLike, fake: ArrayLike) -> Score:
    """Return the unbiased MMD^2 with k(x, y) = exp(-|x - y|^2 / 2 s^2), s the median distance between real rows.

    It may be negative, and is None where half of the real pairs coincide (s = 0). As s is of `real` alone, all models
    compared with one reference share a kernel, and the sides do not commute. Memory does not grow with the pairs.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    first, second = checked_pair(real, fake)
    width = median_distance(first)
    if width == 0:
        return Score(value=None, warnings=("half of the pairs of real rows coincide: the kernel has no width",))

    def kernel(squares: Array) -> Array:
        return array_namespace(squares).exp(squares / (-2 * width**2))

    within = mean_within(first, kernel) + mean_within(second, kernel)
    return Score(value=within - 2 * mean_between(first, second, kernel))
