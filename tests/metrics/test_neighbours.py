from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics import bounds
from genbench.metrics.arrays import full_precision, places, smallest
from genbench.metrics.bounds import Rounding, tiles_between
from genbench.metrics.neighbours import clouds, squared_distances_to_nearest, squared_radii
from genbench.metrics.shortlist import Shortlist

KINDS = ("plain", "pixels", "tight", "copies", "outlier", "far", "unlike", "huge", "tiny")


def _cloud(kind, rows, width, seed):
    """Rows on which distances are lost to rounding in one way or another."""
    rng = np.random.default_rng(seed)
    plain = rng.normal(size=(rows, width))
    scales = np.exp(8 * rng.normal(size=(rows, 1)))
    return {
        "plain": plain,
        "pixels": rng.integers(0, 3, size=(rows, width)),
        "tight": rng.normal(size=(3, width))[rng.integers(0, 3, size=rows)] + 1e-4 * plain,
        "copies": plain[rng.integers(0, max(rows // 3, 1), size=rows)],
        "outlier": np.where(np.arange(rows)[:, None] == 0, 1e6, plain),
        "far": plain + 1e5,
        "unlike": plain * np.minimum(scales, 1e6),
        "huge": plain * 1e30,
        "tiny": plain * 1e-30,
    }[kind].astype(np.float32)


def _squares(first, second):
    return ((first[:, None].astype(np.float64) - second) ** 2).sum(axis=2)


@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tile_is_the_squared_distances(convert, dtype):
    """Kills: products in float32 (off by 1e-6), the origin of one side alone, a part that is not the one asked for."""
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(n, 30)).astype(dtype) + dtype(1e4) for n in (700, 50))
    left, right = clouds(convert(first), convert(second))
    assert [part.stop - part.start for part in left.tiles()] == [350, 350]
    part = left.tiles()[1]
    tile = left.left(part) @ right.right(slice(10, 20)).T
    assert np.asarray(tile) == pytest.approx(_squares(first[part], second[10:20]), rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.integers(1, 200), st.integers(0, 2**32 - 1), st.booleans())
def test_distances_lie_within_their_bounds(kind, width, seed, single):
    """Kills: a bound that forgets the width, the rounding of the rows or of their norms, or underflow."""
    first, second = _cloud(kind, 20, width, seed), _cloud(kind, 15, width, seed + 1)
    left, right = clouds(first, second)
    dtype = np.dtype(np.float32 if single and kind not in ("huge",) else np.float64)
    rounding = Rounding.of(dtype, width, np)
    (tile,) = tiles_between(left, right, rounding)
    squares = _squares(first, second)
    assert (tile.bounds <= squares).all()
    assert (squares <= tile.bounds + rounding.reach(left.norms[:, None] + right.norms)).all()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from([2, 24, 65]), st.integers(0, 2**32 - 1), st.integers(0, 1))
def test_comparisons_are_those_of_float64(kind, width, seed, axis):
    """Kills: ties counted as below, what rounding leaves open taken as it is, the other axis's limits."""
    rng = np.random.default_rng(seed)
    first, second = _cloud(kind, 20, width, seed), _cloud(kind, 15, width, seed)
    left, right = clouds(first, second)
    squares = bounds.squared_between(left, right, *np.divmod(np.arange(300), 15)).reshape(20, 15)
    assert squares == pytest.approx(_squares(first, second), rel=1e-12, abs=0)
    limits = rng.permuted(squares, axis=1 - axis)[(slice(None), 0)[:: 1 - 2 * axis]]
    limits = np.where(rng.random(len(limits)) < 0.1, -np.inf, limits)
    (tile,) = tiles_between(left, right, Rounding.between(left, right))
    assert (tile.below(limits, axis) == (squares < np.expand_dims(limits, 1 - axis))).all()


def test_float64_decides_where_float32_leaves_much_open(monkeypatch):
    """Kills: differences of all pairs, a hundred times slower, where rows lie too close together for float32."""
    counts = []
    exact = bounds.squared_between
    monkeypatch.setattr(bounds, "squared_between", lambda *pairs: counts.append(len(pairs[2])) or exact(*pairs))
    rng = np.random.default_rng(0)
    rows = (np.ones(64) + 1e-4 * rng.normal(size=(200, 64))).astype(np.float32)
    rows[0] = 3
    left, right = clouds(rows, rows)
    (tile,) = tiles_between(left, right, Rounding.between(left, right))
    limits = np.median(_squares(rows, rows), axis=1)
    assert (tile.below(limits, 0) == (_squares(rows, rows) < limits[:, None])).mean() > 0.999
    assert sum(counts) < 2000


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from([1, 24, 50]), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_radii_are_those_of_sorted_distances(kind, width, k, seed):
    """Kills: a neighbour of the same tile alone, a shortlist taken for exact, the row itself among its neighbours."""
    rows = _cloud(kind, 40, width, seed)
    squares = _squares(rows, rows)
    np.fill_diagonal(squares, np.inf)
    expected = np.sort(squares, axis=1)[:, k - 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genbench.metrics.neighbours.TILE", 9)
        found = [squared_radii(clouds(convert(rows))[0], k) for convert in (np.asarray, torch.from_numpy)]
    for radii in found:
        assert np.asarray(radii) == pytest.approx(expected, rel=1e-12, abs=0)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from([1, 24, 50]), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_nearest_are_those_of_all_distances(kind, width, count, seed):
    """Kills: targets left out, the row of the least bound taken for the nearest."""
    queries, targets = np.split(_cloud(kind, 25 + count, width, seed), [25])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genbench.metrics.neighbours.TILE", 3)
        found = squared_distances_to_nearest(*clouds(queries, targets))
    assert found == pytest.approx(_squares(queries, targets).min(axis=1), rel=1e-12, abs=0)


def test_more_neighbours_than_a_tile_has():
    """Kills: a shortlist that never fills up where k exceeds a tile."""
    rows = np.random.default_rng(0).normal(size=(600, 30))
    squares = np.sort(_squares(rows, rows), axis=1)
    assert squared_radii(clouds(rows)[0], 400) == pytest.approx(squares[:, 400], rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 6))
def test_a_shortlist_keeps_the_least(seed, size, rounds):
    """Kills: values that wait when it is asked, values of another owner, ties that push out the larger ones."""
    rng = np.random.default_rng(seed)
    shortlist = Shortlist.of(4, size, dtype=np.float64, like=np.empty(0))
    owners, others = rng.integers(0, 4, (rounds, 7)), rng.integers(0, 100, (rounds, 7))
    values = rng.integers(0, 9, (rounds, 7)).astype(float)
    for each in zip(owners, others, values, strict=True):
        shortlist.add(*each)
    largest = shortlist.sort()
    for owner in range(4):
        expected = np.sort(np.append(values[owners == owner], [np.inf] * size))[:size]
        assert shortlist.values[owner] == pytest.approx(expected)
        assert largest[owner] == expected[-1]
        for value, other in zip(shortlist.values[owner], shortlist.others[owner], strict=True):
            assert np.isinf(value) or ((owners == owner) & (others == other) & (values == value)).any()


def test_a_shortlist_not_yet_full_takes_anything():
    """Kills: a limit set by a first tile narrower than the shortlist, rows and columns of a tile confused."""
    shortlist = Shortlist.of(2, 3, dtype=np.float64, like=np.empty(0))
    shortlist.begin(slice(0, 2), slice(0, 2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    shortlist.offer_rows(slice(1, 2), slice(2, 3), np.array([[9.0]]))
    shortlist.offer_columns(slice(0, 2), slice(3, 4), np.array([[8.0, 7.0]]))
    assert shortlist.sort().tolist() == [8, 7]
    assert shortlist.values.tolist() == [[1, 2, 8], [3, 4, 7]]
    assert shortlist.others.tolist() == [[0, 1, 3], [0, 1, 3]]


@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy])
def test_what_the_standard_lacks(convert):
    """Kills: the largest for the smallest, places of the transposed mask."""
    values = np.random.default_rng(0).random((5, 9))
    found, columns = smallest(convert(values), 3)
    assert np.sort(np.asarray(found), axis=1) == pytest.approx(np.sort(values, axis=1)[:, :3])
    assert np.take_along_axis(values, np.asarray(columns), axis=1) == pytest.approx(np.asarray(found))
    assert [np.asarray(each).tolist() for each in places(convert(values > 0.5))] == [
        each.tolist() for each in np.nonzero(values > 0.5)
    ]


def test_products_of_tensors_stay_in_full_precision():
    """Kills: bounds that TF32 or bfloat16 breaks, and a setting left behind."""
    torch.set_float32_matmul_precision("medium")
    try:
        with full_precision(torch.ones(1)), full_precision(np.ones(1)):
            assert torch.get_float32_matmul_precision() == "highest"
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
