from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics import vendi as room
from genbench.metrics.vendi import vendi


def _slow(rows):
    n = len(rows)
    kernel = np.array([[float(x @ y) / np.sqrt(float(x @ x) * float(y @ y)) for y in rows] for x in rows])
    shares = [share for share in np.linalg.eigvals(kernel / n).real if share > 1e-14]
    return float(np.exp(-sum(share * np.log(share) for share in shares)))


@pytest.mark.parametrize("groups", [1, 3, 8])
@pytest.mark.parametrize("repeats", [1, 40])
def test_groups_at_right_angles_count_one_each(groups, repeats):
    """Kills: eigenvalues of K instead of K / n, logarithms to base 2, singular values for eigenvalues."""
    rows = np.repeat(np.eye(8)[:groups], repeats, axis=0)
    assert vendi(rows).value == pytest.approx(groups, rel=1e-12)


def test_unequal_groups():
    """Kills: a count of groups; 3/4 against 1/4 are 2^2 / 3^(3/4) in effect."""
    rows = np.repeat(np.eye(5)[:2], [30, 10], axis=0)
    assert vendi(rows).value == pytest.approx(4 / 3**0.75, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 20))
def test_agrees_with_a_slow_implementation_and_is_invariant(seed, width, n):
    """Kills: products over rows where there are fewer rows than dimensions, and the reverse, lengths left in."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, width)) + 1
    expected = pytest.approx(_slow(rows), rel=1e-7)
    rotation = np.linalg.qr(rng.normal(size=(width, width)))[0]
    assert vendi(rows).value == expected
    assert vendi(rng.permutation(rows) @ rotation).value == expected
    assert vendi(rows * rng.uniform(0.1, 9, size=(n, 1))).value == expected
    assert vendi(np.repeat(rows, 3, axis=0)).value == expected
    assert vendi(torch.tensor(rows)).value == expected
    assert 1 - 1e-9 <= vendi(rows).value <= min(n, width) + 1e-9


def test_grows_with_spread():
    """Kills: the reciprocal."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(100, 10))
    values = [vendi(np.eye(10)[0] + spread * noise).value for spread in (0, 0.1, 0.5, 1, 5)]
    assert values[0] == pytest.approx(1, rel=1e-12)
    assert values == sorted(values)


def test_rows_of_zeros_are_one_direction_more_and_told():
    """Kills: 0 / 0, and zeros that count for nothing: a model that draws black has a score of 1, not 0."""
    black = vendi(np.zeros((20, 3)))
    assert black.value == pytest.approx(1)
    mixed = vendi(np.repeat([[0.0, 0], [0, 3]], 10, axis=0))
    assert mixed.value == pytest.approx(2)
    assert mixed.warnings == ("10 of 20 rows are zero and count as one direction",)
    assert vendi(np.eye(3)).warnings == ()


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e38])
def test_lengths_neither_vanish_nor_overflow(scale):
    """Kills: squares of small or large features."""
    rows = np.random.default_rng(0).normal(size=(20, 3)) / 5
    assert vendi(rows * scale).value == pytest.approx(vendi(rows).value, rel=1e-9)


def test_chunks_make_no_difference_and_memory_is_bounded(monkeypatch):
    """Kills: the last chunk left out, a float64 copy of all rows (38 MB) and K (72 GB)."""
    rows = np.random.default_rng(0).normal(size=(95_000, 50)).astype(np.float32)
    tracemalloc.start()
    whole = vendi(rows).value
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25e6
    monkeypatch.setattr(room, "CHUNK", 997)
    assert vendi(rows).value == pytest.approx(whole, rel=1e-12)
