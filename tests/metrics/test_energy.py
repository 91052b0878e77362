from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from scipy.stats import energy_distance

from genbench.metrics import distances
from genbench.metrics.energy import energy


def _slow(real, fake):
    def mean(pairs):
        return float(np.mean([np.sqrt(((x - y) ** 2).sum()) for x, y in pairs]))

    def within(rows):
        return mean([(rows[i], rows[j]) for i in range(len(rows)) for j in range(len(rows)) if i != j])

    return 2 * mean([(x, y) for x in real for y in fake]) - within(real) - within(fake)


BY_HAND = {
    "two points apart": ([0, 0], [3, 3], 6.0),
    "two pairs": ([0, 1], [0, 1], 2 * 0.5 - 1 - 1),
    "unequal numbers": ([0, 2], [1, 1, 4], 2 * (1 + 1 + 4 + 1 + 1 + 2) / 6 - 2 - (0 + 3 + 3) / 3),
}


@pytest.mark.parametrize("case", BY_HAND.values(), ids=BY_HAND)
def test_by_hand(case):
    """Kills: means over n^2, the root taken in the end, 1 for 2 before the cross term."""
    real, fake, expected = case
    rows = [np.array(side, dtype=float)[:, None] for side in (real, fake)]
    assert energy(*rows).value == pytest.approx(expected, abs=1e-15)
    assert energy(*rows[::-1]).value == pytest.approx(expected, abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 15), st.integers(2, 15))
def test_agrees_with_a_slow_implementation_and_is_invariant(seed, width, n, m):
    """Kills: n used for m, squared distances, rows far from zero that lose their digits."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)), 2 * rng.normal(size=(m, width)) + 1
    expected = pytest.approx(_slow(real, fake), rel=1e-9, abs=1e-12)
    rotation = np.linalg.qr(rng.normal(size=(width, width)))[0]
    assert energy(real, fake).value == expected
    assert energy(rng.permutation(fake), rng.permutation(real)).value == expected
    assert energy(real @ rotation + 3, fake @ rotation + 3).value == expected
    assert energy(7 * real, 7 * fake).value / 7 == expected


def test_on_a_line_scipy_has_the_biased_root():
    """Kills: an estimate that is not the U-statistic: scipy's V-statistic counts i = j, and takes the root."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=300), rng.normal(size=200) + 0.3
    own = pdist(real[:, None]).mean() / 300 + pdist(fake[:, None]).mean() / 200
    value = energy(real[:, None], fake[:, None]).value
    assert value + own == pytest.approx(energy_distance(real, fake) ** 2, rel=1e-9)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_rows_that_coincide_are_at_zero(offset):
    """Kills: rounding of the expanded square, 1e-16 of |x|^2, under the root: 1e-8 of |x| for each copy."""
    rng = np.random.default_rng(0)
    few = rng.normal(size=(6, 10)) + offset
    few[3:] += 1e3  # far from the origin, whatever it is
    real, fake = np.repeat(few, 100, axis=0), np.repeat(few, 70, axis=0)
    expected = 2 * cdist(real, fake).mean() - pdist(real).mean() - pdist(fake).mean()
    assert energy(real, fake).value == pytest.approx(expected, rel=1e-9)
    assert energy(few[:1].repeat(9, axis=0), few[:1].repeat(8, axis=0)).value == 0


def test_near_rows_keep_their_digits():
    """Kills: near pairs not taken apart; two clusters 1e6 wide apart whose rows differ by 1."""
    rng = np.random.default_rng(0)
    side = np.repeat([[0.0], [1e6]], 40, axis=0)
    real, fake = side + rng.normal(size=(80, 5)), side[::-1] + 1.5 * rng.normal(size=(80, 5))
    expected = 2 * cdist(real, fake).mean() - pdist(real).mean() - pdist(fake).mean()
    assert energy(real, fake).value == pytest.approx(expected, rel=1e-6)
    one = distances.mean_within(real[:40], np.sqrt)
    assert one == pytest.approx(pdist(real[:40]).mean(), rel=1e-12)


def test_unbiased_and_growing():
    """Kills: the V-statistic, whose mean between equal distributions here is 0.15."""
    rng = np.random.default_rng(0)
    values = [energy(rng.normal(size=(20, 3)), rng.normal(size=(30, 3))).value for _ in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / 300**0.5
    real, fake = rng.normal(size=(2, 100, 3))
    shifted = [energy(real, fake + shift).value for shift in (0, 0.5, 1, 2, 4)]
    assert shifted == sorted(shifted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tensors_give_the_same_and_tiles_make_no_difference(dtype):
    """Kills: float32 products, a tile beside the diagonal counted once, the last tile left out."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(1100, 5)).astype(dtype), rng.normal(size=(700, 5)).astype(dtype) + 1
    fake[:3] = real[:3]
    value = energy(real, fake).value
    expected = 2 * cdist(real, fake).mean() - pdist(real).mean() - pdist(fake).mean()
    assert value == pytest.approx(expected, rel=1e-9)
    assert energy(torch.tensor(real), torch.tensor(fake)).value == pytest.approx(value, rel=1e-9)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_device_gives_the_same():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(3000, 5)), rng.normal(size=(2000, 5)) + 1
    tensors = torch.tensor(real, device="cuda"), torch.tensor(fake, device="cuda")
    assert energy(*tensors).value == pytest.approx(energy(real, fake).value, rel=1e-9)


def test_memory_does_not_grow_with_pairs():
    """Kills: all distances: 3000 x 3000 in float64 are 72 MB; and all differences of near pairs at once."""
    rows = np.repeat(np.random.default_rng(0).normal(size=(10, 50)).astype(np.float32), 300, axis=0)
    tracemalloc.start()
    energy(rows[::3], rows[::4])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
