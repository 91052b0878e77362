"""Log-likelihoods as bits per dimension, for those of which that means something.

References:
    L. Theis, A. van den Oord, M. Bethge, A note on the evaluation of generative models, 2016, arXiv 1511.01844,
    section 3.1: the density of uniformly dequantised bytes bounds the probability of the bytes from below.
"""

from __future__ import annotations

import math
import re

LEVELS = 256  # values of a byte


def bits_per_dimension(
    nats: float, dimensions: int, *, measure: str, dequantised: bool = False, binary: bool = False
) -> float:
    """Return what a log-likelihood costs in bits per dimension: -nats / (d ln 2), plus 8 for a density in [0, 1].

    `pmf256` is a probability of bytes and needs nothing more; uniform bytes cost 8. `pmf` is one of tokens, and `pmf16`
    of 16 levels that a model makes of its data: bits per token and per value. A `density` bounds one where data
    were dequantised, (byte + u) / 256 with u uniform in [0, 1): a byte is then a bin of width 1/256, hence the 8 bits.
    Without the noise it grows without bound, and of points it has no scale: there is no such number. `bernoulli` is a
    probability of 0s and 1s, in bits per pixel, where the data are; of grey values it is not normalised.

    Args:
        nats: log-likelihood, or a bound on it, per example.
        dimensions: of one example: pixels times channels.
        measure: what `nats` is the logarithm of, as `genbench.Likelihood` states it.
        dequantised: whether a density is of data in [0, 1] with that noise added.
        binary: whether the data are 0 or 1.

    Raises:
        ValueError: the measure allows no bits per dimension, or no such log-likelihood can be.
    """
    if dimensions < 1 or not math.isfinite(nats):
        raise ValueError(f"got {nats} nats of {dimensions} dimensions, expected a finite number of at least 1")
    shift = _shift(measure, dequantised=dequantised, binary=binary)
    if measure != "density" and nats > 0:
        raise ValueError(f"got {nats} nats, expected at most 0 of a probability; give log p, not -log p")
    return -nats / (dimensions * math.log(2)) + shift


def _shift(measure: str, *, dequantised: bool, binary: bool) -> float:
    if measure == "density" and dequantised:
        return math.log2(LEVELS)
    if re.fullmatch(r"pmf\d*", measure) or (measure == "bernoulli" and binary):
        return 0.0
    reasons = {
        "density": "a density of data that were not dequantised has no bits; add uniform noise of a bin's width",
        "bernoulli": "Bernoulli probabilities of grey values are not normalised; use binary data or pmf256",
    }
    raise ValueError(f"measure: got {measure!r}: {reasons.get(measure, 'expected pmf, pmf256, density or bernoulli')}")
