"""What varies between trials: the training seed, and the draw of samples that the metric was taken on.

References:
    W. G. Cochran, The Combination of Estimates from Different Experiments, Biometrics 10, 1954; L. V. Hedges, I. Olkin,
    Statistical Methods for Meta-Analysis, 1985, section 9.3: the variance between experiments by the method of moments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Standard deviations over seeds, and their parts: total^2 = seed^2 + sampling^2, unless clipped."""

    seed_deviation: float  # of what the metric would be on endlessly many samples; inf where a seed failed
    sampling_deviation: float | None  # of the metric over fresh samples of one trained model; None: not measured
    total: float  # of the values as they are
    is_clipped: bool  # the values vary less than sampling alone would make them: the seeds' part is told as 0


def components(values: Sequence[float], sampling_variances: Sequence[float]) -> Components | None:
    """Separate what the seeds vary by from what drawing samples adds: s^2 minus the mean sampling variance.

    Unbiased whatever the sampling variances, if each is; DerSimonian and Laird's weights would favour trials of small
    sampling variance, which for distances are the good ones. The clipping at 0 is not unbiased, and is told.

    Args:
        values: one per seed; NaN or infinite means failed, and makes the seeds' part infinite.
        sampling_variances: squared standard errors, one per seed; NaN where not measured. Where only some are, their
            mean stands for all; where none is, everything is the seeds'.

    Returns:
        None for fewer than two values.

    Raises:
        ValueError: not one sampling variance per value, or a negative one.
    """
    seen, noise = (np.asarray(side, dtype=np.float64) for side in (values, sampling_variances))
    if len(seen) != len(noise):
        raise ValueError(f"got {len(noise)} sampling variances for {len(seen)} values, expected one per value")
    if (noise < 0).any():
        raise ValueError(f"got a sampling variance of {noise.min():.3g}, expected squared standard errors")
    if len(seen) < 2:
        return None
    measured = noise[np.isfinite(noise)]
    sampling = float(measured.mean()) if measured.size else None
    total = float(seen.var(ddof=1)) if np.isfinite(seen).all() else math.inf
    excess = total - (sampling or 0.0)
    return Components(
        seed_deviation=math.sqrt(max(excess, 0.0)),
        sampling_deviation=None if sampling is None else math.sqrt(sampling),
        total=math.sqrt(total),
        is_clipped=excess < 0,
    )
