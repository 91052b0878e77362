from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.gaussian import mmd


def _slow(real, fake):
    def distance(x, y):
        return math.sqrt(sum((a - b) ** 2 for a, b in zip(x, y, strict=True)))

    n, m = len(real), len(fake)
    s = np.median([distance(real[i], real[j]) for j in range(n) for i in range(j)])

    def kernel(x, y):
        return math.exp(-(distance(x, y) ** 2) / (2 * s * s))

    within_real = sum(kernel(real[i], real[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_fake = sum(kernel(fake[i], fake[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_real + within_fake - 2 * sum(kernel(x, y) for x in real for y in fake) / (n * m)


def test_two_points_against_two():
    """Kills: exp(-d^2 / s^2), s^2 for s, the diagonal left in, the width taken of both sides (1 here, not 2)."""
    real, fake = np.array([[0.0], [2]]), np.array([[0.0], [1]])
    near, middle = math.exp(-1 / 8), math.exp(-4 / 8)  # at distances 1 and 2, s = 2
    expected = middle + near - 2 * (1 + near + middle + near) / 4
    assert mmd(real, fake).value == pytest.approx(expected, rel=1e-12)


def test_the_width_is_that_of_real():
    """Kills: arguments swapped: the sides do not commute."""
    rng = np.random.default_rng(0)
    narrow, wide = rng.normal(size=(80, 3)), 10 * rng.normal(size=(60, 3))
    assert mmd(narrow, wide).value == pytest.approx(_slow(narrow, wide), rel=1e-9)
    assert mmd(wide, narrow).value == pytest.approx(_slow(wide, narrow), rel=1e-9)
    assert abs(mmd(wide, narrow).value - mmd(narrow, wide).value) > 0.1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 12), st.integers(2, 12))
def test_agrees_with_a_slow_implementation_and_is_invariant(seed, width, n, m):
    """Kills: n used for m, the lower of two middle distances, a width that does not scale with the features."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)), 2 * rng.normal(size=(m, width)) + 1
    expected = pytest.approx(_slow(real, fake), rel=1e-9, abs=1e-12)
    rotation = np.linalg.qr(rng.normal(size=(width, width)))[0]
    assert mmd(real, fake).value == expected
    assert mmd(rng.permutation(real), rng.permutation(fake)).value == expected
    assert mmd(9 * real @ rotation + 100, 9 * fake @ rotation + 100).value == pytest.approx(
        _slow(real, fake), rel=1e-7, abs=1e-11
    )


def test_unbiased_and_growing():
    """Kills: the biased estimate, whose mean between equal distributions here is 0.03."""
    rng = np.random.default_rng(0)
    values = [mmd(rng.normal(size=(20, 3)), rng.normal(size=(30, 3))).value for _ in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / 300**0.5
    real, fake = rng.normal(size=(2, 100, 3))
    shifted = [mmd(real, fake + shift).value for shift in (0, 0.5, 1, 2, 4)]
    assert shifted == sorted(shifted)


def test_no_width_is_reported():
    """Kills: a division by zero, and None without a reason."""
    score = mmd(np.repeat([[0.0, 1]], 9, axis=0), np.ones((5, 2)))
    assert score.value is None
    assert "coincide" in score.warnings[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tensors_give_the_same(dtype):
    """Kills: float32 products, which a tensor's own type would give."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(1100, 5)).astype(dtype), rng.normal(size=(700, 5)).astype(dtype) + 1
    value = mmd(real, fake).value
    assert mmd(torch.tensor(real), torch.tensor(fake)).value == pytest.approx(value, rel=1e-9)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_device_gives_the_same():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(3000, 5)), rng.normal(size=(2000, 5)) + 1
    tensors = torch.tensor(real, device="cuda"), torch.tensor(fake, device="cuda")
    assert mmd(*tensors).value == pytest.approx(mmd(real, fake).value, rel=1e-9)
