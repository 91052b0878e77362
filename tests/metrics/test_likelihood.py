from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.likelihood import bits_per_dimension

BYTES = {"measure": "pmf256"}
DENSITY = {"measure": "density", "dequantised": True}
BINARY = {"measure": "bernoulli", "binary": True}


@pytest.mark.parametrize(
    ("nats", "dimensions", "of", "bits"),
    [
        (-3072 * math.log(256), 3072, BYTES, 8.0),  # uniform bytes
        (0.0, 3072, BYTES, 0.0),
        (0.0, 784, DENSITY, 8.0),  # uniform in [0, 1]
        (3072 * math.log(256), 3072, DENSITY, 0.0),  # each byte certain: a density of 256 in its bin
        (-784 * math.log(2), 784, BINARY, 1.0),  # fair coins
        (-1000.0, 784, BYTES, 1.8401722),
    ],
)
def test_closed_forms(nats, dimensions, of, bits):
    """Kills: nats for bits, 8 bits added to a probability, the bins left out of a density, a mean over examples."""
    assert bits_per_dimension(nats, dimensions, **of) == pytest.approx(bits, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_density_of_dequantised_bytes_costs_no_less_than_their_probability(seed):
    """Kills: the 8 bits with the sign turned, log2(255); equality holds for a density flat in every bin."""
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet(np.ones(256))
    data = rng.choice(256, size=50, p=probability)
    within = rng.dirichlet(np.ones(4), size=256) * 4  # a density inside each bin, in four steps
    flat = np.log(256 * probability[data])
    bits = bits_per_dimension(np.log(probability[data]).mean(), 1, **BYTES)
    assert bits_per_dimension(flat.mean(), 1, **DENSITY) == pytest.approx(bits, rel=1e-12)
    over_noise = np.log(within).mean(axis=1)[data]  # the mean over u in place of one draw of it
    assert bits_per_dimension((flat + over_noise).mean(), 1, **DENSITY) >= bits


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e6, 0), st.integers(1, 5000), st.integers(1, 9))
def test_independent_parts_cost_their_mean(nats, dimensions, copies):
    """Kills: a likelihood that is not divided by all of its dimensions."""
    once = bits_per_dimension(nats, dimensions, **BYTES)
    assert bits_per_dimension(copies * nats, copies * dimensions, **BYTES) == pytest.approx(once, rel=1e-12)
    assert bits_per_dimension(nats - 1, dimensions, **BYTES) > once


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        ({"measure": "density"}, "not dequantised"),
        ({"measure": "bernoulli"}, "grey values"),
        ({"measure": "bernoulli", "dequantised": True}, "grey values"),
        ({"measure": "density", "binary": True}, "not dequantised"),
        ({"measure": "probability"}, "expected pmf, pmf256, density or bernoulli"),
    ],
)
def test_refuses_measures_that_have_no_bits(of, reason):
    """Kills: bits per dimension of a Bernoulli likelihood of grey pixels or of a density without noise."""
    with pytest.raises(ValueError, match=reason):
        bits_per_dimension(-100.0, 64, **of)


@pytest.mark.parametrize(("nats", "dimensions"), [(float("nan"), 64), (float("-inf"), 64), (-1.0, 0)])
def test_refuses_what_is_no_number(nats, dimensions):
    """Kills: an infinite cost shown as one, a division by zero."""
    with pytest.raises(ValueError, match="expected a finite number"):
        bits_per_dimension(nats, dimensions, **BYTES)


@pytest.mark.parametrize("of", [BYTES, BINARY])
def test_refuses_a_probability_above_1(of):
    """Kills: a negative log-likelihood given for a log-likelihood."""
    with pytest.raises(ValueError, match="give log p, not -log p"):
        bits_per_dimension(86.0, 784, **of)
