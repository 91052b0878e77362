from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.stats.intervals import summary, trim

finite = st.floats(-1e6, 1e6)


def test_fewer_than_six_values_have_a_range_and_no_interval():
    """Kills: an interval claimed where 5 values reach 0.9375 at most."""
    result = summary([3.0, 1, 2, 5, 4])
    assert (result.median, result.low, result.high, result.kind, result.n) == (3, 1, 5, "range", 5)
    assert summary([3.0, 1, 2, 5, 4, 6]).kind == "interval95"
    assert summary([7.0]).low == summary([7.0]).high == 7


@pytest.mark.parametrize(
    ("n", "cut"), [(5, None), (6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (15, 3), (20, 5), (25, 7), (50, 17)]
)
def test_trims_as_the_sign_test_tables(n, cut):
    """Kills: a one-sided 95 %, the cut off by one; published two-sided critical values of the sign test."""
    assert trim(n) == cut


def test_takes_order_statistics():
    """Kills: unsorted values, the same cut from one end only."""
    result = summary([9.0, 1, 8, 2, 7, 3, 6, 4, 5])
    assert (result.median, result.low, result.high) == (5, 2, 8)
    assert summary([4.0, 1, 2, 10]).median == 3


def test_failures_rank_worst():
    """Kills: the median of the survivors (B25: 2 of 5 seeds NaN), failures at the good end."""
    result = summary([1.0, math.nan, 3, 2, math.nan])
    assert (result.median, result.low, result.high, result.n) == (3, 1, math.inf, 5)
    assert summary([1.0, math.nan, 3, 2, math.nan], lower_is_better=False).low == -math.inf
    assert summary([math.nan] * 4).median == math.inf


def test_refuses_nothing():
    """Kills: NaN as the median of no values."""
    with pytest.raises(ValueError, match="got 0 values"):
        summary([])


@given(st.lists(finite, min_size=1, max_size=40), st.randoms())
def test_the_median_lies_inside_and_order_is_nothing(values, random):
    """Kills: an interval beside its median, seeds taken in order."""
    result = summary(values)
    assert result.low <= result.median <= result.high
    assert result.median == pytest.approx(float(np.median(values)), rel=1e-12, abs=1e-12)
    random.shuffle(values)
    assert summary(values) == result


DRAWS = {
    "normal": (lambda rng, shape: rng.normal(size=shape), 0.0),
    "lognormal": (lambda rng, shape: rng.lognormal(size=shape), 1.0),
    "bimodal": (lambda rng, shape: rng.normal(size=shape) + 10 * (rng.random(shape) < 0.3), 0.5659),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("n", [6, 7, 8, 9, 12, 15, 20])
def test_the_interval_covers_the_median(n, draw):
    """Kills: a bootstrap or normal interval, which covers 0.85 to 0.92 at these sizes."""
    sample, median = draw
    results = [summary(values) for values in sample(np.random.default_rng(n), (1500, n))]
    assert np.mean([each.low <= median <= each.high for each in results]) >= 0.93
