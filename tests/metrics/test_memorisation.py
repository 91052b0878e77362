from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.frechet import fd
from genbench.metrics.manifold import prdc
from genbench.metrics.memorisation import copies, mann_whitney_z


def _gauss(rng, n, deviation=1.0):
    return deviation * rng.normal(size=(n, 64))


def test_a_copier_is_unmasked():
    """Kills: distances to the held-out rows instead of the train rows; B12: FD and coverage praise it."""
    rng = np.random.default_rng(0)
    train, held_out, fresh = _gauss(rng, 1000), _gauss(rng, 500), _gauss(rng, 1000)
    copied = copies(train, held_out, train[rng.choice(1000, 500)], rng=rng)
    honest = copies(train, held_out, fresh[:500], rng=rng)
    assert (copied.is_copying, honest.is_copying) == (True, False)
    assert copied.ct_z < -20
    assert abs(honest.ct_z) < 3
    assert (copied.near_share, honest.near_share) == (1.0, pytest.approx(0.01, abs=0.015))
    assert fd(train, train).value == pytest.approx(0, abs=1e-9)
    assert fd(held_out, train).value == pytest.approx(fd(held_out, fresh).value, rel=0.1)
    assert all(score.value == pytest.approx(1, abs=0.01) for score in prdc(train, train).values())


def test_noise_does_not_hide_a_copier():
    """Kills: a search for exact duplicates."""
    rng = np.random.default_rng(0)
    train = _gauss(rng, 1000)
    result = copies(train, _gauss(rng, 500), train[:500] + _gauss(rng, 500, 0.3), rng=rng)
    assert result.is_copying
    assert result.near_share > 0.99


def test_a_tenth_of_copies_is_enough():
    """Kills: the z alone, which a tenth of copies does not move to -3."""
    rng = np.random.default_rng(0)
    train = _gauss(rng, 1000)
    result = copies(train, _gauss(rng, 500), np.vstack([train[:50], _gauss(rng, 450)]), rng=rng)
    assert result.ct_z > -3
    assert result.is_copying


def test_a_narrow_model_is_not_a_copier():
    """Kills: the verdict without its controls, which calls every one of these a copier (z near -14)."""
    rng = np.random.default_rng(0)
    results = [copies(_gauss(rng, 1000), _gauss(rng, 500), _gauss(rng, 500, 0.9), rng=rng) for _ in range(20)]
    assert all(result.ct_z < -3 for result in results)
    assert sum(result.is_copying for result in results) <= 3


def test_a_broad_model_is_not_a_copier():
    """Kills: a two-sided test without controls."""
    rng = np.random.default_rng(0)
    result = copies(_gauss(rng, 1000), _gauss(rng, 500), _gauss(rng, 500, 1.5), rng=rng)
    assert result.ct_z > 10
    assert not result.is_copying


def test_large_sides_are_looked_up_in_part_and_by_the_generator_given():
    """Kills: looking up the first rows, which may be sorted, and randomness from elsewhere."""
    rng = np.random.default_rng(0)
    train, held_out = rng.normal(size=(3000, 2)), rng.normal(size=(3000, 2))
    fake = np.vstack([rng.normal(size=(2500, 2)), train[:500]])
    first, second = (copies(train, held_out, fake, rng=np.random.default_rng(1)) for _ in range(2))
    assert first == second
    assert first.near_share == pytest.approx(500 / 3000 + 0.01, abs=0.03)


def test_refuses_rows_of_other_width():
    """Kills: a comparison across extractors."""
    rows = np.ones((5, 2))
    with pytest.raises(ValueError, match="train has d = 2, fake has d = 3"):
        copies(rows, rows, np.ones((5, 3)), rng=np.random.default_rng(0))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.lists(st.integers(0, 5), min_size=2, max_size=12))
def test_z_is_the_standardised_count_of_pairs(first, second):
    """Kills: a missing tie correction, the sign turned."""
    stats = pytest.importorskip("scipy.stats")
    count = sum((x > y) + 0.5 * (x == y) for x in first for y in second)
    z = mann_whitney_z(np.array(first, float), np.array(second, float))
    if len({*first, *second}) == 1:
        assert z == 0
        return
    expected = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=False).pvalue
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(expected, rel=1e-9)
    assert np.sign(round(z, 9)) == np.sign(count - len(first) * len(second) / 2)
