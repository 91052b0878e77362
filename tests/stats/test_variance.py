from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.variance import components

NAN = math.nan
draws = st.integers(0, 2**32 - 1)


@settings(max_examples=30, deadline=None)
@given(draws, st.integers(2, 12), st.integers(2, 9))
def test_it_is_the_analysis_of_variance_of_repeated_draws(seed, seeds, repeats):
    """Kills: n for n - 1, deviations subtracted instead of variances; (MS between - MS within) / repeats by hand."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(seeds, 1)) * 3 + rng.normal(size=(seeds, repeats))
    means, within = table.mean(axis=1), table.var(axis=1, ddof=1).mean()
    between = repeats * ((means - table.mean()) ** 2).sum() / (seeds - 1)
    found = components(means, table.var(axis=1, ddof=1) / repeats)
    assert found.seed_deviation == pytest.approx(max((between - within) / repeats, 0) ** 0.5, rel=1e-9, abs=1e-9)
    assert found.sampling_deviation == pytest.approx((within / repeats) ** 0.5)
    assert found.total == pytest.approx(means.std(ddof=1))


@pytest.mark.parametrize("spread", [0.5, 1.0, 3.0])
def test_known_components_come_back(spread):
    """Kills: the total told as the seeds' part (biased by the sampling variance); unequal sampling variances."""
    rng = np.random.default_rng(0)
    noise = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
    made = []
    for _ in range(3000):
        trained = 10 + spread * rng.normal(size=6)
        made.append(components(trained + noise * rng.normal(size=6), noise**2))
    unclipped = [each.total**2 - each.sampling_deviation**2 for each in made]
    assert np.mean(unclipped) == pytest.approx(spread**2, rel=0.05, abs=0.03)
    assert made[0].sampling_deviation == pytest.approx((noise**2).mean() ** 0.5)
    assert all((each.seed_deviation == 0) == (part <= 0) for each, part in zip(made, unclipped, strict=True))


def test_seeds_that_vary_less_than_their_samples_are_told_as_clipped():
    """Kills: the root of a negative number, a clip that nobody is told of."""
    found = components([5.0, 5, 5.1], [1.0, 1, 1])
    assert (found.seed_deviation, found.sampling_deviation, found.is_clipped) == (0, 1, True)
    assert not components([5.0, 9], [1.0, 1]).is_clipped
    assert not components([5.0, 5], [0.0, 0]).is_clipped


def test_unmeasured_sampling_is_no_zero():
    """Kills: NaN through the mean, 0 for an unmeasured part."""
    found = components([1.0, 3], [NAN, NAN])
    assert (found.seed_deviation, found.sampling_deviation) == (pytest.approx(2**0.5), None)
    assert components([1.0, 3], [0.5, NAN]).sampling_deviation == pytest.approx(0.5**0.5)


def test_a_failed_seed_makes_the_spread_infinite():
    """Kills: the spread of the survivors."""
    found = components([1.0, NAN, 3], [0.25, NAN, 0.25])
    assert (found.seed_deviation, found.sampling_deviation, found.total) == (math.inf, 0.5, math.inf)
    assert components([1.0, -math.inf], [0.25, 0.25]).total == math.inf


def test_one_value_has_no_components():
    """Kills: a deviation of one value (0 or NaN)."""
    assert components([1.0], [0.1]) is None
    with pytest.raises(ValueError, match="got 1 sampling variances for 2 values"):
        components([1.0, 2], [0.1])
    with pytest.raises(ValueError, match="squared standard errors"):
        components([1.0, 2], [0.1, -0.1])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=9), st.sampled_from([-3.0, 0.5, 8.0]))
def test_scale_and_shift(values, scale):
    """Kills: variances and deviations mixed."""
    noise = [0.5] * len(values)
    found = components(values, noise)
    moved = components([7 + scale * value for value in values], [scale**2 * each for each in noise])
    assert moved.total == pytest.approx(abs(scale) * found.total, rel=1e-6, abs=1e-6)
    assert moved.seed_deviation == pytest.approx(abs(scale) * found.seed_deviation, rel=1e-4, abs=1e-4)
