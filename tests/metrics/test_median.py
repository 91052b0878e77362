from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from genbench.metrics import median
from genbench.metrics.median import median_distance

ROWS = {
    "normal, even number of pairs": lambda rng: rng.normal(size=(700, 5)),
    "normal, odd number of pairs": lambda rng: rng.normal(size=(702, 5)),
    "in order, far from round": lambda rng: np.sort(rng.normal(size=(600, 1)), axis=0) ** 3,
    "clusters, the median in a gap": lambda rng: np.repeat([[0.0], [50]], 300, axis=0) + rng.normal(size=(600, 1)),
    "integers": lambda rng: rng.integers(0, 4, size=(500, 3)).astype(float),
    "two values, equal": lambda rng: np.eye(2)[rng.permutation(500) % 2],
    "corners": lambda rng: np.eye(4)[rng.integers(0, 4, size=500)],
    "all alike": lambda rng: np.ones((400, 3)),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_is_exact_though_few_are_held(rows, monkeypatch):
    """Kills: a bracket trusted unseen, an endless search among equal values, one of two middle values at a bracket's
    edge lost, pairs of diagonal tiles counted twice, a thinned census taken for a whole one."""
    given_rows = rows(np.random.default_rng(0))
    monkeypatch.setattr(median, "MOST", 2000)
    assert median_distance(given_rows) == pytest.approx(np.median(pdist(given_rows)), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(2, 40), st.integers(2, 9))
def test_agrees_with_all_pairs(seed, width, n, most):
    """Kills: ranks off by one, next to either end."""
    rng = np.random.default_rng(seed)
    rows = np.round(rng.normal(size=(n, width)), rng.integers(0, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(median, "MOST", most)
        assert median_distance(rows) == pytest.approx(np.median(pdist(rows)), rel=1e-12)


def test_a_wrong_first_guess_costs_time_only(monkeypatch):
    """Kills: a search that cannot leave its first bracket."""
    rows = np.random.default_rng(0).normal(size=(300, 2))
    monkeypatch.setattr(median, "MOST", 1000)
    for guess in ((0.0, 1e-9), (1e9, 2e9)):
        monkeypatch.setattr(median, "_rough", lambda _, guess=guess: guess)
        assert median_distance(rows) == pytest.approx(np.median(pdist(rows)), rel=1e-12)


def test_tensors_give_the_same():
    """Kills: float32 products."""
    rows = np.random.default_rng(0).normal(size=(1500, 4)).astype(np.float32)
    assert median_distance(torch.tensor(rows)) == pytest.approx(median_distance(rows), rel=1e-12)


def test_one_pass_and_little_memory(monkeypatch):
    """Kills: all pairs held (64 MB here), and a rough median too rough to save the second pass."""
    passes = []
    census = median._census
    monkeypatch.setattr(median, "_census", lambda *arguments: passes.append(1) or census(*arguments))
    rows = np.random.default_rng(0).normal(size=(4000, 4))
    tracemalloc.start()
    median_distance(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 45e6
    assert len(passes) == 1
