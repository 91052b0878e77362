"""ring8, grid25 and swiss_roll: what they are, and that they are the same everywhere."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from genbench.data import grid25, mixtures, prepare, ring8, swiss_roll

if TYPE_CHECKING:
    from types import ModuleType

HASHES = {
    "ring8": "a3e490b3db3cb96858915054bfda7ffa9e63f2b57fec75681f9efae68f122dd0",
    "grid25": "24222f5d1011e963379a8bd05ddd8cb4a681ddfbca9ad45930bdc31388756a97",
}
SWISS_ROLL = "f09f8057b0781d985194826c0b8117452e208f4e996d31178624e2127e8a009b"
SETS = pytest.mark.parametrize("module", [ring8, grid25], ids=["ring8", "grid25"])


@pytest.mark.parametrize("name", sorted(HASHES))
def test_hash_is_pinned(name: str, tmp_path):
    """Kills: any change of a value, of the order or of the type, on any machine and with any numpy."""
    prepared = prepare(name, data_root=None, cache=tmp_path)
    assert prepared.ref.hash == HASHES[name]
    assert prepared.ref.counts == {"train": 100_000, "validation": 10_000, "held_out": 10_000}
    assert (prepared.ref.kind, prepared.ref.shape, prepared.ref.labelled) == ("points", (2,), False)


@SETS
def test_no_value_could_be_rounded_otherwise_elsewhere(module: ModuleType):
    """log, cos and sin may differ by a few units of 1e-16 between machines; no float32 here would show 1e-14."""
    for split, count in enumerate(mixtures.COUNTS):
        points = mixtures.draw(module.MIXTURE, (module.SEED, split), count)
        assert ((points * (1 - 1e-14)).astype(np.float32) == (points * (1 + 1e-14)).astype(np.float32)).all()


def test_ring_has_eight_distinct_centres_at_equal_angles():
    """Kills: linspace(0, 2 pi, 8), which makes seven."""
    expected = [(math.cos(2 * math.pi * k / 8), math.sin(2 * math.pi * k / 8)) for k in range(8)]
    np.testing.assert_allclose(ring8.MIXTURE.centres, expected, atol=1e-15)
    assert len(set(ring8.MIXTURE.centres)) == 8
    assert ring8.MIXTURE.deviation == 0.01


def test_grid_has_25_distinct_centres():
    assert set(grid25.MIXTURE.centres) == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert grid25.MIXTURE.deviation == 0.05


@SETS
def test_centres_are_equally_likely_and_deviations_right(module: ModuleType):
    """Kills: a centre that is twice as likely, a variance in place of a deviation, coordinates that share a draw."""
    rows = module.load().train.rows.astype(np.float64)
    centres = np.array(module.MIXTURE.centres)
    nearest = np.square(rows[:, None] - centres).sum(axis=2).argmin(axis=1)
    assert stats.chisquare(np.bincount(nearest, minlength=len(centres))).pvalue > 0.001
    offsets = (rows - centres[nearest]) / module.MIXTURE.deviation
    assert stats.kstest(offsets.ravel(), "norm").pvalue > 0.001
    assert abs(np.corrcoef(offsets.T)[0, 1]) < 0.02


@SETS
def test_splits_are_fresh(module: ModuleType):
    """Kills: one stream for all splits."""
    splits = [{row.tobytes() for row in part.rows} for _, part in module.load().parts()]
    assert not any(first & second for first, second in itertools.combinations(splits, 2))


def test_the_swiss_roll_is_pinned(tmp_path):
    ref = prepare("swiss_roll", data_root=None, cache=tmp_path).ref
    assert ref.hash == SWISS_ROLL
    assert ref.counts == {"train": 100_000, "validation": 10_000, "held_out": 10_000}
    assert (ref.shape, ref.mixture) == ((2,), None)


def test_no_value_of_the_swiss_roll_could_be_rounded_otherwise_elsewhere():
    """Of numbers up to 14, cos and sin times an angle differ between machines by a few units of 1e-15 before / 5."""
    for split, count in enumerate(mixtures.COUNTS):
        points = swiss_roll.draw((swiss_roll.SEED, split), count)
        assert ((points - 1e-14).astype(np.float32) == (points + 1e-14).astype(np.float32)).all()


def test_the_swiss_roll_is_that_of_scikit_learn():
    """Kills: another number of turns, the wrong two of three coordinates, noise divided or not where the roll is."""
    from sklearn.datasets import make_swiss_roll

    theirs = make_swiss_roll(20_000, noise=1.0, random_state=0)[0][:, [0, 2]] / 5
    ours = swiss_roll.draw((1, 2), 20_000)
    for measure in (lambda points: points[:, 0], lambda points: points[:, 1], lambda points: np.hypot(*points.T)):
        assert stats.ks_2samp(measure(ours), measure(theirs)).pvalue > 0.001
    turned = [np.arctan2(points[:, 1], points[:, 0]) - 5 * np.hypot(*points.T) for points in (ours, theirs)]
    assert stats.ks_2samp(*(np.cos(each) for each in turned)).pvalue > 0.001
