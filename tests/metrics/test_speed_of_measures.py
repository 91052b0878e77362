"""Measures against the textbook route to the same number, in turns; limits on ratios of processor time, and wide."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.linalg import sqrtm
from threadpoolctl import threadpool_limits

from genbench.metrics.frechet import fd
from genbench.metrics.manifold import prdc

K = 5


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


def _sides(rows, columns):
    real, fake = (np.random.default_rng(seed).standard_normal((rows, columns), dtype=np.float32) for seed in (0, 1))
    return real, np.float32(0.95) * fake


def _by_root(real, fake):
    (m, s), (n, t) = ((rows.mean(axis=0), np.cov(rows, rowvar=False)) for rows in (real, fake))
    return ((m - n) ** 2).sum() + np.trace(s + t - 2 * sqrtm(s @ t).real)


def _squares(x, y):
    return (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T


def _whole(real, fake):
    """Precision, recall, density and coverage from whole matrices of distances, in float64 as the package has them."""
    real, fake = (rows.astype(np.float64) for rows in (real, fake))
    radius, of_fake = (np.sort(_squares(rows, rows), axis=1)[:, K] for rows in (real, fake))
    apart = _squares(real, fake)
    held = apart < radius[:, None]
    recall = (apart < of_fake).any(axis=1).mean()
    return held.any(axis=0).mean(), recall, held.sum(axis=0).mean() / K, (apart.min(axis=1) < radius).mean()


# Quiet: 0.28 and 0.39. The limits stand half-way (as ratios) to the measure computed twice.
CASES = {
    "fd": (lambda real, fake: fd(real, fake).value, _by_root, (800, 384), 0.42),
    "prdc": (lambda real, fake: prdc(real, fake)["coverage"].value, lambda *sides: _whole(*sides)[3], (3000, 64), 0.63),
}


@pytest.mark.parametrize("name", CASES)
def test_a_measure_is_faster_than_the_textbook(genbench_ratio, name) -> None:
    """Kills: the Frechet distance by the product's square root; whole matrices sorted; either computed twice."""
    ours, textbook, size, limit = CASES[name]
    sides = _sides(*size)
    assert ours(*sides) == pytest.approx(textbook(*sides), rel=1e-3, abs=1e-5)
    found = genbench_ratio(lambda: ours(*sides), lambda: textbook(*sides), rounds=9, warm_up=0, clock=time.process_time)
    assert found.median < limit, found
