"""Likelihoods in bits, where that means something."""

from __future__ import annotations

import math

import pytest

from genbench.record import Identity, Measure
from genbench.scoring import _in_bits

UNIFORM = -64 * math.log(256)  # nats of 64 bytes


def _stated(measure, value=UNIFORM):
    identity = Identity(
        metric="log_likelihood", n=500, split="held_out", data="0", features=f"iwae@100,{measure}", features_hash="0"
    )
    return Measure(identity=identity, value=value, se=math.log(2))


def test_uniform_bytes_cost_eight_bits_and_the_error_is_in_bits_too():
    """Kills: nats for bits in the error; a number under the name of the log-likelihood, or without its bound."""
    (found,) = _in_bits(_stated("pmf256"), 64, is_binary=False)
    assert (found.value, found.se) == (pytest.approx(8), pytest.approx(1 / 64))
    assert (found.identity.metric, found.identity.features) == ("bits_per_dim", "iwae@100,pmf256")


@pytest.mark.parametrize(
    ("measure", "is_binary", "count"), [("bernoulli", False, 0), ("bernoulli", True, 1), ("density", False, 0)]
)
def test_what_has_no_bits_gets_none(measure, is_binary, count):
    """Kills: grey values under Bernoulli probabilities, or densities without a scale, in bits."""
    assert len(_in_bits(_stated(measure), 64, is_binary=is_binary)) == count
    assert _in_bits(_stated(measure, value=None), 64, is_binary=is_binary) == []
