"""Failed trials as values: NaN stands for "failed" and becomes the worst there is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def ranked(values: Iterable[float], *, lower_is_better: bool = True, least: int = 1) -> NDArray[np.float64]:
    """Return the values with NaN made the worst.

    Raises:
        ValueError: fewer than `least` values.
    """
    array = np.array([float(value) for value in values])
    if len(array) < least:
        raise ValueError(
            f"got {len(array)} values, expected at least {least}: one per planned seed, NaN where it failed"
        )
    return np.where(np.isnan(array), math.inf if lower_is_better else -math.inf, array)
