"""How far the quantiles of each feature lie apart, in deviations of the real one: what a glance at histograms sees."""

import numpy as np

BETTER = "lower"
LEVELS = np.linspace(0.05, 0.95, 19)


def score(real, fake):
    """Return the mean distance between the quantiles of features [n, d] and [m, d]."""
    if min(len(real), len(fake)) < len(LEVELS):
        raise ValueError(f"got {len(real)} and {len(fake)} rows, expected at least {len(LEVELS)} for as many quantiles")
    deviation = np.std(real, axis=0, dtype=np.float64) + 1e-12
    apart = np.quantile(real, LEVELS, axis=0) - np.quantile(fake, LEVELS, axis=0)
    return float((np.abs(apart) / deviation).mean())
