"""Tables against tables: exact small cases, and planted faults that one measure sees and another does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.classes import class_shares
from genbench.metrics.tabular import column_distance, pair_distance, tstr
from genbench.metrics.trees import c2st_trees
from genbench.metrics.twosample import c2st
from genbench.table import Column, Table

WEATHER = Table(
    columns=(
        Column(name="warmth", kind="number"),
        Column(name="visitors", kind="integer"),
        Column(name="sky", kind="category", categories=("clear", "cloud", "rain")),
        Column(name="open", kind="category", categories=("no", "yes")),
    ),
    target="open",
)
NUMBERS = Table(columns=WEATHER.columns[:2], target="visitors")
SEEDS = st.integers(0, 2**32 - 1)


def _rows(seed, count=400):
    """Draw warmth, visitors that rise with it, a sky that falls with it, and open where it does not rain."""
    rng = np.random.default_rng(seed)
    warmth = rng.normal(15, 5, count)
    sky = np.digitize(warmth + rng.normal(0, 2, count), [12, 18])
    visitors = np.rint(10 * warmth + rng.normal(0, 10, count))
    return np.stack([warmth, visitors, 2 - sky, sky > 0], axis=1).astype(np.float32)


def _shuffled(rows):
    rng = np.random.default_rng(9)
    return np.stack([rng.permutation(column) for column in rows.T], axis=1)


def test_shuffled_columns_move_pairs_and_not_columns():
    """Kills: pairs of one column with itself, a contingency table of margins, correlations that are not subtracted."""
    real, fake = _rows(0), _rows(1)
    low, high = ({f.__name__: f(real, rows, WEATHER).value for f in (column_distance, pair_distance)}
                 for rows in (fake, _shuffled(fake)))  # fmt: skip
    assert high["column_distance"] == pytest.approx(low["column_distance"], abs=1e-12)
    assert high["pair_distance"] > low["pair_distance"] + 0.25


def test_columns_by_hand():
    """Kills: a mean of other columns, KS of the codes of a category, the sum without its half."""
    real = np.array([[0, 0, 0, 0], [1, 1, 0, 0], [2, 2, 1, 1], [3, 3, 2, 1]], float)
    fake = np.array([[2, 0, 0, 0], [3, 1, 0, 1], [4, 2, 0, 1], [5, 3, 0, 1]], float)
    assert column_distance(real, fake, WEATHER).value == pytest.approx((0.5 + 0 + 0.5 + 0.25) / 4)


def test_pairs_by_hand():
    """Kills: |r1 - r2| without its half, deciles of the samples, a constant's correlation of NaN."""
    real = np.array([[0, 0], [1, 1], [2, 2]], float)
    assert pair_distance(real, real * [1, -1], NUMBERS).value == pytest.approx(1)
    assert pair_distance(real, real * [1, 0], NUMBERS).value == pytest.approx(0.5)
    mixed = Table(columns=(WEATHER.columns[0], WEATHER.columns[3]))
    halves = np.array([[0, 0], [0, 0], [1, 1], [1, 1]], float)
    assert pair_distance(halves, halves[:, ::-1], mixed).value == pytest.approx(0)
    assert pair_distance(halves, [[0, 0], [0, 1], [1, 0], [1, 1]], mixed).value == pytest.approx(0.5)
    assert pair_distance(halves, [[0, 0], [0, 0], [0.9, 1], [1, 1]], mixed).value == pytest.approx(0)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(2, 40))
def test_distances_are_distances(seed, count):
    """Kills: a sign lost, the order of rows counted, a range beyond 1."""
    rng = np.random.default_rng(seed)
    one, other = _rows(seed, count), rng.permutation(_rows(seed + 1, count))
    other[:, 0] *= rng.choice([0, 1, 50])
    there = column_distance(one, other, WEATHER).value
    assert 0 <= there <= 1
    assert column_distance(other, one, WEATHER).value == pytest.approx(there)
    assert 0 <= pair_distance(one, other, WEATHER).value <= 1
    for measure in (column_distance, pair_distance):
        assert measure(one, rng.permutation(one), WEATHER).value == pytest.approx(0, abs=1e-6)
        again = measure(one, rng.permutation(other), WEATHER).value
        assert again == pytest.approx(measure(one, other, WEATHER).value, abs=1e-6)


def test_samples_teach_as_well_as_they_know_the_target():
    """Kills: tested on the samples, trained on the real rows, the target among the columns to predict it by."""
    real, fresh = _rows(0), _rows(1)
    wrong = fresh.copy()
    wrong[:, 3] = np.random.default_rng(2).permutation(wrong[:, 3])
    constant = fresh.copy()
    constant[:, 3] = 1
    taught, misled = tstr(real, fresh, WEATHER).value, tstr(real, wrong, WEATHER).value
    assert taught > 0.97
    assert misled < 0.65
    share = real[:, 3].mean()
    assert tstr(real, constant, WEATHER).value == pytest.approx(share / (1 + share), abs=1e-6)  # F1 of yes, over two
    assert tstr(real, fresh, NUMBERS.model_copy(update={"columns": WEATHER.columns})).value > 0.9
    assert tstr(real[:, :2], _shuffled(fresh)[:, :2], NUMBERS).value < 0.1


def test_a_target_is_needed():
    """Kills: a number of some other column."""
    with pytest.raises(ValueError, match="no target column"):
        tstr(_rows(0), _rows(1), WEATHER.model_copy(update={"target": None}))
    with pytest.raises(ValueError, match="no column but the target"):
        tstr(_rows(0)[:, :1], _rows(1)[:, :1], Table(columns=WEATHER.columns[:1], target="warmth"))
    with pytest.raises(ValueError, match="at least 2, of which pairs"):
        pair_distance(_rows(0)[:, :1], _rows(1)[:, :1], Table(columns=WEATHER.columns[:1]))


def test_trees_see_what_no_plane_separates():
    """Kills: verdicts on rows that a classifier has seen, codes without their labels, folds of one side."""
    real, fresh = _rows(0), _rows(1)
    wide = fresh.copy()
    wide[:, 0] = 15 + 2 * (wide[:, 0] - 15)
    told = {name: c2st_trees(real, rows, WEATHER, rng=np.random.default_rng(0)).value
            for name, rows in (("fresh", fresh), ("wide", wide))}  # fmt: skip
    assert told["fresh"] == pytest.approx(0.5, abs=0.08)
    assert told["wide"] > 0.75
    assert c2st(real[:, :1], wide[:, :1], rng=np.random.default_rng(0)).value < 0.6


def test_unequal_sides_have_chance_at_one_half():
    """Kills: the larger side's share for chance, by a mean over all rows."""
    assert c2st_trees(_rows(0), _rows(1, 60), WEATHER, rng=np.random.default_rng(0)).value < 0.65


@pytest.mark.parametrize("code", [3, -1, 0.5])
def test_codes_of_no_category_are_refused(code):
    """Kills: a share of samples that counts nowhere."""
    rows = _rows(1)
    rows[0, 2] = code
    with pytest.raises(ValueError, match="fake: column 'sky' has codes of no category"):
        column_distance(_rows(0), rows, WEATHER)
    with pytest.raises(ValueError, match="real: got 4 columns, expected the table's 2"):
        pair_distance(_rows(0), _rows(1), NUMBERS)


def test_classes_by_hand():
    """Kills: KL the other way round (infinite), against equal shares, classes of the data counted as reached."""
    scores = class_shares([0, 0, 0, 2], [2, 1, 1])
    assert scores["modes"].value == 2
    assert scores["class_kl"].value == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(1))
    assert class_shares(np.repeat([0, 1, 2], [20, 10, 10]), [2, 1, 1])["class_kl"].value == pytest.approx(0)
    for told, counts in (([], [1, 1]), ([2], [1, 1]), ([1], [1, 0])):
        with pytest.raises(ValueError, match="of classes that the train rows have"):
            class_shares(np.array(told, int), counts)


def test_few_draws_of_many_classes_reach_what_they_can():
    """Kills: the docstring's numbers of 1,000 perfect draws."""
    draws = [class_shares(np.random.default_rng(seed).integers(0, 1000, 1000), np.ones(1000)) for seed in range(20)]
    assert np.mean([each["modes"].value for each in draws]) == pytest.approx(632, abs=5)
    assert np.mean([each["class_kl"].value for each in draws]) == pytest.approx(0.57, abs=0.03)
