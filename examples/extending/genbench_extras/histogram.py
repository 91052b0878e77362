"""Images as histograms of their grey levels: blind to where anything is."""

import hashlib

import numpy as np

from genbench.errors import UsageError

BINS = 16


class Histogram:
    """Shares of pixels by level; a row's features depend on that row alone."""

    name = "histogram"
    dimension = BINS
    hash = hashlib.sha256(f"histogram of {BINS}".encode()).hexdigest()  # there are no weights to hash

    def __call__(self, rows):
        """Return float64 [n, 16] of uint8 images [n, c, h, w]."""
        levels = rows.reshape(len(rows), -1) // (256 // BINS)
        return np.stack([(levels == level).mean(axis=1) for level in range(BINS)], axis=1)


def extractor():
    """Return the extractor; it needs neither data, nor weights, nor a device."""
    return Histogram()


def check(data):
    """Refuse what has no grey levels, before any budget is spent."""
    if data.kind != "image":
        raise UsageError(f"feature space 'histogram' is of images, and {data.name} is of {data.kind}; leave it out")
