"""Randomness that never changes."""

from __future__ import annotations

import numpy as np
from scipy import stats

from genbench.data import streams

PINNED = [8271799387826207682, 7948369750201702571]


def test_integers_are_pinned():
    """Kills: another bit generator, another seeding."""
    assert streams.integers((1, 2), 2).tolist() == PINNED


def test_permutation_is_one_and_depends_on_the_seed():
    first, second = streams.permutation((1,), 100), streams.permutation((2,), 100)
    assert sorted(first) == list(range(100))
    assert (first != second).any()


def test_normals_are_normal_and_independent():
    """Kills: log of the wrong uniform, a missing factor 2, an angle of half a circle, one stream used twice."""
    points = streams.normals((3,), 50_000)
    assert np.isfinite(points).all()
    for column in points.T:
        assert stats.kstest(column, "norm").pvalue > 0.01
    assert abs(np.corrcoef(points.T)[0, 1]) < 0.02
    assert abs(np.corrcoef((points**2).T)[0, 1]) < 0.02
