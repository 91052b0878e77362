from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics import sliced
from genbench.metrics.sliced import swd


def _transport(first, second):
    """W2^2 on a line, by moving the lowest mass that is left, bit by bit."""
    first, second = sorted(first), sorted(second)
    left, right = 1 / len(first), 1 / len(second)
    i = j = 0
    total = 0.0
    while i < len(first) and j < len(second):
        moved = min(left, right)
        total += moved * (first[i] - second[j]) ** 2
        left, right = left - moved, right - moved
        if left < 1e-12:
            i, left = i + 1, 1 / len(first)
        if right < 1e-12:
            j, right = j + 1, 1 / len(second)
    return total


def _slow(real, fake, rng, projections):
    squares = []
    for _ in range(projections):
        direction = rng.normal(size=real.shape[1])
        direction /= np.sqrt((direction**2).sum())
        squares.append(_transport(real @ direction, fake @ direction))
    return np.sqrt(np.mean(squares))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 30), st.integers(2, 30))
def test_agrees_with_a_slow_implementation(seed, width, n, m):
    """Kills: the root before the mean, W1, quantiles interpolated at unequal n, directions of any length."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)), 3 * rng.normal(size=(m, width)) + 1
    expected = pytest.approx(_slow(real, fake, np.random.default_rng(seed), 7), rel=1e-9)
    assert swd(real, fake, rng=np.random.default_rng(seed), projections=7).value == expected
    assert swd(fake, real, rng=np.random.default_rng(seed), projections=7).value == expected


def test_on_a_line_it_is_the_wasserstein_distance():
    """Kills: rows left out; between N(0, 1) and N(1, 4) quantiles, W2^2 = 1 + 1."""
    from scipy.special import ndtri

    quantiles = ndtri((np.arange(4000) + 0.5) / 4000)[:, None]
    value = swd(quantiles, 2 * quantiles + 1, rng=np.random.default_rng(0), projections=3).value
    assert value == pytest.approx(2**0.5, rel=1e-3)


@pytest.mark.parametrize("m", [20, 33])
def test_moved_points(m):
    """Kills: directions uniform in the cube; a point moved by v is v / sqrt(d) away, W2 = |direction . v|."""
    fake = np.zeros((m, 4))
    fake[:, 0] = 6
    assert swd(np.zeros((20, 4)), fake, rng=np.random.default_rng(0), projections=20_000).value == pytest.approx(
        3, rel=0.02
    )
    everywhere = swd(np.zeros((20, 4)), fake * 0 + 3, rng=np.random.default_rng(0), projections=20_000).value
    assert everywhere == pytest.approx(3, rel=0.02)  # along a diagonal too


def test_order_shift_and_scale():
    """Kills: rows compared in their own order, a shift of both sides that counts."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(50, 3)), rng.normal(size=(40, 3)) + 1
    value = swd(real, fake, rng=np.random.default_rng(1)).value
    moved = swd(rng.permutation(-5 * real + 100), rng.permutation(-5 * fake + 100), rng=np.random.default_rng(1)).value
    assert moved == pytest.approx(5 * value, rel=1e-9)
    assert swd(real, rng.permutation(real), rng=rng).value == pytest.approx(0, abs=1e-12)


def test_grows_with_a_shift():
    """Kills: features standardised first."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 200, 8))
    values = [swd(real, fake + shift, rng=np.random.default_rng(0)).value for shift in (0, 0.5, 1, 2, 4)]
    assert values == sorted(values)


@pytest.mark.parametrize("m", [60, 45])
def test_batches_make_no_difference(monkeypatch, m):
    """Kills: the last batch or chunk left out, each batch's root, directions that depend on the batch."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 3)), rng.normal(size=(m, 3)) + 1
    whole = swd(real, fake, rng=np.random.default_rng(1)).value
    monkeypatch.setattr(sliced, "HELD", 120 * 7)
    monkeypatch.setattr(sliced, "CHUNK", 11)
    assert swd(real, fake, rng=np.random.default_rng(1)).value == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tensors_give_the_same(dtype):
    """Kills: float32 products, which a tensor's own type would give."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(90, 5)).astype(dtype) + 100, rng.normal(size=(70, 5)).astype(dtype) + 100
    value = swd(real, fake, rng=np.random.default_rng(1)).value
    tensors = torch.tensor(real), torch.tensor(fake)
    assert swd(*tensors, rng=np.random.default_rng(1)).value == pytest.approx(value, rel=1e-9)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_device_gives_the_same():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(3000, 5)), rng.normal(size=(2000, 5)) + 1
    value = swd(real, fake, rng=np.random.default_rng(1)).value
    tensors = torch.tensor(real, device="cuda"), torch.tensor(fake, device="cuda")
    assert swd(*tensors, rng=np.random.default_rng(1)).value == pytest.approx(value, rel=1e-9)


def test_memory_is_bounded():
    """Kills: all projections at once: 1000 x 40,000 in float64 are 320 MB."""
    rows = np.random.default_rng(0).normal(size=(20_000, 8)).astype(np.float32)
    tracemalloc.start()
    swd(rows, rows[::-1], rng=np.random.default_rng(0), projections=150)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_refuses_no_projections():
    """Kills: a mean of nothing."""
    with pytest.raises(ValueError, match="projections: got 0, expected at least 1"):
        swd(np.ones((2, 2)), np.ones((2, 2)), rng=np.random.default_rng(0), projections=0)
