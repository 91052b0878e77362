"""The energy distance.

References:
    G. J. Szekely, M. L. Rizzo, Energy statistics: A class of statistics based on distances, Journal of Statistical
    Planning and Inference 143, 2013, equation 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from array_api_compat import array_namespace

from genbench.metrics.distances import mean_between, mean_within
from genbench.metrics.rows import Array, checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def energy(real: ArrayLike, fake: ArrayLike) -> Score:
    """Return 2 E|x - y| - E|x - x'| - E|y - y'| over all pairs of different rows; no root is taken.

    Without bias at any n and m, so that it may be negative. Memory does not grow with the number of pairs.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    first, second = checked_pair(real, fake)
    within = mean_within(first, _root) + mean_within(second, _root)
    return Score(value=2 * mean_between(first, second, _root) - within)


def _root(squares: Array) -> Array:
    return array_namespace(squares).sqrt(squares)
