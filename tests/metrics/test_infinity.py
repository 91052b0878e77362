from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics import infinity
from genbench.metrics.frechet import fd
from genbench.metrics.infinity import fd_inf


def _subsets(rows, sizes, rng):
    """The rows' indices in one random order, laid end to end around a circle."""
    order = np.tile(rng.permutation(len(rows)), 1 + -(-int(sizes.sum()) // len(rows)))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return [order[start : start + size] for start, size in zip(starts, sizes, strict=False)]


def _slow(real, fake, rng):
    """One `fd` a size, and the line by its normal equations."""
    n, width = min(len(real), len(fake)), real.shape[1]
    smallest = max(n / 10, 2 * width)
    sizes = np.array([round(1 / (1 / n + i / 14 * (1 / smallest - 1 / n))) for i in range(15)])
    pairs = zip(_subsets(real, sizes, rng), _subsets(fake, sizes, rng), strict=True)
    values = np.array([fd(real[first], fake[second]).value for first, second in pairs])
    slope, intercept = np.polyfit(1 / sizes, values, 1)
    residuals = values - intercept - slope / sizes
    spread = ((1 / sizes - (1 / sizes).mean()) ** 2).sum()
    se = np.sqrt((residuals**2).sum() / 13 * (1 / 15 + (1 / sizes).mean() ** 2 / spread))
    return intercept, se


def test_extrapolates_as_published():
    """Kills: a slope for an intercept, sizes even in N; B1: N(0, I64) twice, 0.27 at 8192 rows and 0.012 beyond."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 8192, 64))
    assert fd(real, fake).value == pytest.approx(0.27, abs=0.01)
    score = fd_inf(real, fake, rng=rng)
    assert score.value == pytest.approx(0.012, abs=0.04)  # its spread over rows is 0.016
    assert 0 < score.se < 0.05


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(20, 90), st.integers(20, 200))
def test_agrees_with_one_distance_a_size(seed, width, n, m):
    """Kills: a segment left out or counted twice, means forgotten in the scatter, moments over n, a window's wrap."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)) + 5, 2 * rng.normal(size=(m, width)) + 7
    score = fd_inf(real, fake, rng=np.random.default_rng(seed))
    value, se = _slow(real, fake, np.random.default_rng(seed))
    assert score.value == pytest.approx(value, rel=1e-7, abs=1e-7)
    assert score.se == pytest.approx(se, rel=1e-6, abs=1e-7)


def test_features_that_never_fire_change_nothing():
    """Kills: roots of rounding noise where the covariance is singular."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(300, 5)), rng.normal(size=(300, 5)) + 1
    whole = fd_inf(real, fake, rng=np.random.default_rng(1)).value
    dead = [np.hstack([rows, np.full((300, 1), 0.1)]) for rows in (real, fake)]
    assert fd_inf(*dead, rng=np.random.default_rng(1)).value == pytest.approx(whole, rel=1e-9)


def test_rotation_shift_and_scale():
    """Kills: uncentred second moments for covariances."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(200, 4)), 2 * rng.normal(size=(150, 4))
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    value = fd_inf(real, fake, rng=np.random.default_rng(1)).value
    moved = fd_inf(3 * real @ rotation + 9, 3 * fake @ rotation + 9, rng=np.random.default_rng(1)).value
    assert moved == pytest.approx(9 * value, rel=1e-9)


def test_removes_the_bias_at_any_distance():
    """Kills: real subsets drawn in pairs with fake ones; equal sides average 0, shifted ones the squared shift."""
    rng = np.random.default_rng(0)
    means = []
    for shift in (0.0, 1.0, 2.0):
        values = [fd_inf(rng.normal(size=(400, 8)), rng.normal(size=(500, 8)) + shift, rng=rng) for _ in range(40)]
        mean, spread = np.mean([v.value for v in values]), np.std([v.value for v in values])
        assert abs(mean - 8 * shift**2) < 3 * spread / 40**0.5 + 0.02  # the line itself is an approximation
        assert 0.6 < np.sqrt(np.mean([v.se**2 for v in values])) / spread < 2.5
        means.append(mean)
    assert means == sorted(means)


def test_subsets_use_all_rows_and_differ():
    """Kills: nested subsets, whose intercept spreads by half more, and the larger side cut to its first rows."""
    rows = np.arange(1000.0)[:, None]
    sizes = np.array([500, 400, 300])
    fits = dict(infinity._fits(rows, sizes, np.random.default_rng(0)))
    assert [len(fits[number]) for number in range(3)] == sizes.tolist()
    assert not set(fits[0].chosen) & set(fits[1].chosen)
    assert set(np.concatenate([fit.chosen for fit in fits.values()])) == set(range(1000))
    for fit in fits.values():
        assert fit.mean == pytest.approx(rows[fit.chosen].mean(axis=0))
        assert fit.covariance == pytest.approx(np.cov(rows[fit.chosen].T).reshape(1, 1))


@pytest.mark.parametrize(("n", "is_defined"), [(31, False), (32, True)])
def test_needs_4_rows_a_dimension(n, is_defined):
    """Kills: a line through singular covariances, and None without a reason."""
    rng = np.random.default_rng(0)
    score = fd_inf(rng.normal(size=(100, 8)), rng.normal(size=(n, 8)), rng=rng)
    assert (score.value is not None) == is_defined
    assert score.warnings == (() if is_defined else ("31 rows in 8 dimensions: sizes under 32 rows allow no line",))


def test_memory_does_not_grow_with_rows():
    """Kills: a float64 copy of all rows, 41 MB a side."""
    rows = np.random.default_rng(0).normal(size=(40_000, 128)).astype(np.float32)
    tracemalloc.start()
    fd_inf(rows, rows[::-1], rng=np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_same_generator_same_value():
    """Kills: a generator of its own (B8)."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 60, 3))
    values = [fd_inf(real, fake, rng=np.random.default_rng(seed)).value for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]
