"""What the curve of a loss says about how a model trained.

References:
    J. W. Tukey, Exploratory Data Analysis, 1977, chapter 5: the resistant line, through medians of thirds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST = 20  # points of a curve
TAIL = 0.05  # of the points that may lie farther out on either side


def oscillation(at: Sequence[int], values: Sequence[float]) -> float | None:
    """Return how far a loss swings to either side of its trend in the last half of training, as a share of its level.

    Half the range that holds 9 of 10 residuals about a resistant line, over the median's magnitude: 0.1 is a swing of
    10 %. Single spikes do not count, minibatch noise does. 1 where it swings as far as it stands from zero, or farther:
    a loss around zero is all swing, and no division by a vanishing level. Independent of the loss's unit and sign, and
    for evenly spaced points, as genbench keeps them, of how many there are.

    Args:
        at: hand-outs so far at each point, ascending.
        values: the loss there.

    Returns:
        A number from 0 to 1; None for fewer than 20 points or where one is not finite.

    Raises:
        ValueError: not one value per point.
    """
    if len(at) != len(values):
        raise ValueError(f"got {len(values)} values for {len(at)} points, expected one per point")
    when, loss = (np.asarray(side, dtype=np.float64) for side in (at, values))
    if len(loss) < FEWEST or not np.isfinite(loss).all():
        return None
    late = when >= (when[0] + when[-1]) / 2
    residuals = _detrended(when[late], loss[late])
    swing = float(np.subtract(*np.quantile(residuals, [1 - TAIL, TAIL]))) / 2
    scale = max(abs(float(np.median(loss[late]))), swing)
    return swing / scale if scale > 0 else 0.0


def _detrended(when: NDArray[np.float64], loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a line through the medians of the first and of the last third leaves; few spikes cannot turn it."""
    third = len(loss) // 3
    ends = [
        (float(np.median(when[part])), float(np.median(loss[part]))) for part in (slice(third), slice(-third, None))
    ]
    (early, start), (late, end) = ends
    slope = (end - start) / (late - early) if late > early else 0.0  # a loss may be logged often within one hand-out
    return loss - slope * (when - early)
