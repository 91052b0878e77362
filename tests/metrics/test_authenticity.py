from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.authenticity import auth_pct


def _slow(train, fake):
    """One sample after another; the first of the nearest."""
    authentic = 0
    for row in fake:
        distances = [float(((row - each) ** 2).sum()) for each in train]
        owner = distances.index(min(distances))
        others = [((train[owner] - each) ** 2).sum() for place, each in enumerate(train) if place != owner]
        authentic += min(distances) > min(others)
    return 100 * authentic / len(fake)


def test_by_hand():
    """Kills: a sample's own neighbour among samples for the training row's, a share for a percentage, >= for >."""
    train = np.array([[0.0], [1], [5], [9]])  # nearest others: 1, 1, 4, 4
    fake = np.array([[-2.0], [0.4], [1.0], [13.0], [13.5], [7.5]])  # at 2, 0.4, 0, 4 (a tie), 4.5 and 1.5
    score = auth_pct(train, fake)
    assert score.value == pytest.approx(100 * 2 / 6)
    assert score.se == pytest.approx(100 * (1 / 3 * 2 / 3 / 6) ** 0.5)


def test_copies_are_not_authentic():
    """Kills: copies of a row that occurs twice, whose own neighbour is at distance 0, called authentic."""
    rng = np.random.default_rng(0)
    train = rng.normal(size=(300, 5))
    twice = np.vstack([train, train[:150]])
    assert auth_pct(train, train[:100]).value == 0
    assert auth_pct(twice, twice).value == 0
    assert auth_pct(twice + 1e4, twice + 1e4).value == 0  # far from the origin a product of rows would round
    assert auth_pct(twice, twice[:50] + 1e-3).value == 100  # honest, as far as such a row can tell
    assert auth_pct(train, train + 1e-3).value == 0


@pytest.mark.parametrize(("width", "expected"), [(1, 100 / 3), (2, 37.85), (3, 100 * 11 / 27)])
def test_an_honest_sampler_is_authentic_where_neighbours_are_not_mutual(width, expected):
    """Kills: the training row counted as its own neighbour (100); Pickard 1982: mutual in 2/3, 0.6215 and 16/27."""
    rng = np.random.default_rng(0)
    train, fake = (rng.uniform(size=(4000, width)) for _ in range(2))
    score = auth_pct(train, fake)
    assert score.value == pytest.approx(expected, abs=4 * score.se)


def test_the_argument_order_matters():
    """Kills: the two sides swapped: samples twice as wide leave the training rows, and not the other way round."""
    rng = np.random.default_rng(0)
    narrow, wide = rng.normal(size=(500, 8)), 3 * rng.normal(size=(500, 8))
    assert auth_pct(narrow, wide).value > 95
    assert auth_pct(wide, narrow).value < 60


def test_it_falls_with_the_share_of_copies():
    """Kills: the complement reported."""
    rng = np.random.default_rng(0)
    train, fresh = rng.normal(size=(500, 8)), rng.normal(size=(400, 8))
    values = [auth_pct(train, np.vstack([train[:count], fresh[count:]])).value for count in (0, 100, 200, 300, 400)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(1, 20), st.integers(1, 4), st.booleans())
def test_agrees_with_a_slow_implementation_and_is_invariant(seed, n, m, width, is_whole):
    """Kills: ties taken for nearer or farther (whole numbers have many), an index off by one tile."""
    rng = np.random.default_rng(seed)
    train, fake = rng.normal(size=(n, width)), rng.normal(size=(m, width))
    if is_whole:
        train, fake = np.round(train), np.round(fake)
    expected = _slow(train, fake)
    assert auth_pct(train, fake).value == pytest.approx(expected)
    assert auth_pct(train, rng.permutation(fake)).value == pytest.approx(expected)
    assert auth_pct(4 * train - 8, 4 * fake - 8).value == pytest.approx(expected)
    if not is_whole:
        rotation = np.linalg.qr(rng.normal(size=(width, width)))[0]
        assert auth_pct(rng.permutation(train) @ rotation, fake @ rotation).value == pytest.approx(expected)


def test_many_tiles_agree_with_one(monkeypatch):
    """Kills: a row's own place looked for in the wrong tile, the first tile's nearest kept."""
    rng = np.random.default_rng(0)
    train, fake = np.round(2 * rng.normal(size=(300, 4))), np.round(2 * rng.normal(size=(200, 4)))
    whole = auth_pct(train, fake)
    monkeypatch.setattr("genbench.metrics.neighbours.TILE", 64)
    assert auth_pct(train, fake) == whole
    assert whole.value == pytest.approx(_slow(train, fake))


def test_tensors_give_the_same_number():
    """Kills: a metric that only knows arrays of numpy."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    train, fake = rng.normal(size=(700, 6)), rng.normal(size=(600, 6))
    assert auth_pct(torch.from_numpy(train), torch.from_numpy(fake)) == auth_pct(train, fake)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_number():
    """Kills: indices left on another device than the rows."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    rng = np.random.default_rng(0)
    train, fake = rng.normal(size=(9000, 6)), rng.normal(size=(600, 6))
    assert auth_pct(torch.from_numpy(train).cuda(), torch.from_numpy(fake).cuda()) == auth_pct(train, fake)


def test_memory_does_not_grow_with_the_square_of_the_rows():
    """Kills: all distances held at once: 6000 x 6000 float64 are 288 MB."""
    rng = np.random.default_rng(0)
    train, fake = rng.normal(size=(6000, 4)), rng.normal(size=(3000, 4))
    tracemalloc.start()
    auth_pct(train, fake)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_refuses_what_cannot_be_compared():
    """Kills: a neighbour sought where there is none, a comparison across extractors."""
    with pytest.raises(ValueError, match="train: got 1 rows, expected at least 2"):
        auth_pct(np.zeros((1, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="train has d = 2, fake has d = 3"):
        auth_pct(np.zeros((4, 2)), np.zeros((3, 3)))
