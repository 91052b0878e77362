"""A measure that draws from numpy's generator, says the wrong direction, and cannot do with few rows."""

import numpy as np

BETTER = "higher"


def score(real, fake):
    chosen = np.random.permutation(len(real))[:100]
    return abs(real[chosen].mean() - fake[:100].mean()) + 0 * real[100, 0]
