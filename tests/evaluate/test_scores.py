"""Scores of one set of samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.evaluate import scores as room
from genbench.evaluate.scores import NEIGHBOURS, Sides, attempt, describe
from genbench.metrics.catalogue import expand
from genbench.metrics.memorisation import duplicates
from genbench.metrics.score import Score
from genbench.refs import Mixture

NAMES = {"fd", "kd", "precision", "recall", "density", "coverage"}


def compare(real, fake, wanted=frozenset(NAMES)):
    return room.compare(Sides(real=real, fake=fake), wanted)


def unmask(data, rows):
    return room.unmask(data.rows("train"), data.rows("held_out"), rows)


def test_the_reference_comes_first():
    """Planted bug: real and fake swapped, so that a collapsed model has low precision and high recall."""
    generator = np.random.default_rng(0)
    real, collapsed = generator.normal(size=(200, 4)), generator.normal(0, 0.1, (200, 4))
    scores = compare(real, collapsed)
    assert scores["precision"].value > 0.95
    assert scores["recall"].value < 0.1


@pytest.mark.parametrize("count", [1, 2, NEIGHBOURS])
def test_too_few_rows_give_reasons_and_no_hole(count):
    """Planted bug: the error raised, or the metric left out."""
    scores = compare(np.eye(8)[:count], np.eye(8)[:count])
    assert scores.keys() == NAMES
    assert all(scores[name].value is None for name in ("precision", "recall", "density", "coverage"))
    assert all(f"got {count} rows" in scores["recall"].warnings[0] for name in NAMES)


def test_constant_features_give_numbers_or_reasons():
    scores = compare(np.ones((20, 3)), np.ones((20, 3)))
    assert scores.keys() == NAMES
    assert all(np.isfinite(each.value) if each.value is not None else each.warnings for each in scores.values())
    assert scores["recall"].value != 1 and scores["recall"].warnings


def test_features_that_are_not_finite_give_reasons():
    fake = np.random.default_rng(0).normal(size=(20, 3))
    fake[3, 1] = np.nan
    scores = compare(np.random.default_rng(1).normal(size=(20, 3)), fake)
    assert all(each.value is None and "NaN" in each.warnings[0] for each in scores.values())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_no_value(value):
    (score,) = attempt(("x",), lambda: {"x": Score(value=value, warnings=("odd",))}).values()
    assert score == Score(value=None, warnings=("odd", f"the value is {value}"))


def test_the_same_rows_get_the_same_numbers():
    """Planted bug: standard errors re-sampled from a generator without a seed."""
    rows = np.random.default_rng(0).normal(size=(2, 50, 3))
    np.random.seed(1)
    first = compare(*rows)
    np.random.seed(2)
    assert compare(*rows) == first
    assert first["kd"].se > 0


def test_repeats_are_counted_from_the_second_on():
    """Planted bug: every member of a repeated group counted, 0.75 here; or near rows counted as equal."""
    rows = np.array([[1, 2], [1, 2], [3, 4], [1, 2], [1, 3]], np.uint8)
    assert duplicates(rows).value == pytest.approx(0.4)
    assert duplicates(rows.reshape(5, 1, 2, 1)).value == pytest.approx(0.4)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_repeats_are_rows_less_distinct_rows(values):
    rows = np.array(values, np.float32)[:, None]
    assert duplicates(rows).value == pytest.approx(1 - len(set(values)) / len(values))


def test_modes_are_told_where_they_are_known():
    rows = np.array([[0, 0], [0.1, 0], [9, 0], [50, 50]], np.float32)
    scores = describe(rows, Mixture(centres=((0.0, 0.0), (10.0, 0.0)), deviation=1.0), expand(["all"]))
    assert (scores["modes"].value, scores["hq_share"].value) == (2, 0.75)
    assert set(describe(rows, None, expand(["all"]))) == {"duplicates"}
    assert set(describe(rows, None, ["fd"])) == set()


def test_copies_are_told_from_an_honest_sampler(digits):
    """Planted bugs: train and held-out swapped; pixels cut to bytes 0 and 1 before they are compared."""
    train, held_out = digits.rows("train"), digits.rows("held_out")
    copied, honest = unmask(digits, train[:300]), unmask(digits, digits.rows("validation"))
    assert (copied["copies"].value, honest["copies"].value) == (1, 0)
    assert copied["ct"].value < -10 < -3 < honest["ct"].value
    assert copied["near_share"].value == 1
    assert unmask(digits, held_out)["copies"].value == 0


def test_a_few_changed_pixels_hide_no_copy(digits):
    """Planted bug: copies sought by equality."""
    rows = np.array(digits.rows("train")[:300])
    rows[:, 0, 3, 3] ^= 1
    assert duplicates(np.concatenate([rows, digits.rows("train")[:300]])).value < 0.02
    assert unmask(digits, rows)["copies"].value == 1


def test_only_what_is_wanted_is_told_and_the_rest_of_its_family_is_not(digits):
    """Planted bug: one measure of a family asked for, all of it told under names that nobody asked for."""
    rows = np.random.default_rng(0).normal(size=(2, 60, 3))
    assert set(compare(*rows, wanted=("recall", "vendi_fake"))) == {"recall", "vendi_fake"}
    everything = room.compare(Sides(real=rows[0], fake=rows[1]), expand(["all"]))
    assert set(everything) == set(room.COMPARED)
    assert all(each.value is not None for each in everything.values())


def test_no_number_depends_on_which_others_were_asked_for():
    """Planted bug: one generator handed from metric to metric."""
    rows = np.random.default_rng(0).normal(size=(2, 60, 3))
    everything = compare(*rows, wanted=expand(["all"]))
    for name in room.COMPARED:
        assert compare(*rows, wanted=(name,))[name] == everything[name]


def test_train_rows_tell_a_copier_in_any_space():
    """Planted bugs: train and held-out rows exchanged in the gap; authentic and copied samples exchanged."""
    generator = np.random.default_rng(0)
    train, held_out, honest = generator.normal(size=(3, 300, 4))
    wanted = ("fd_gap", "auth_pct")
    copied = room.recall_train(Sides(real=held_out, fake=train), train, wanted)
    fresh = room.recall_train(Sides(real=held_out, fake=honest), train, wanted)
    assert copied["fd_gap"].value > 0.03 > fresh["fd_gap"].value
    assert copied["auth_pct"].value < 1 < 40 < fresh["auth_pct"].value


def test_tensors_give_the_same_numbers_as_arrays():
    """Planted bug: a metric that only numpy can compute, which a GPU would find out first."""
    torch = pytest.importorskip("torch")
    real, fake, train = np.random.default_rng(0).normal(size=(3, 80, 3)).astype(np.float32)
    wanted = [*room.COMPARED, "fd_gap", "auth_pct"]
    arrays, tensors = (
        room.compare(sides, wanted) | room.recall_train(sides, rows, wanted)
        for sides, rows in (
            (Sides(real=real, fake=fake), train),
            (Sides(real=torch.from_numpy(real), fake=torch.from_numpy(fake)), torch.from_numpy(train)),
        )
    )
    for name in wanted:
        assert tensors[name].value == pytest.approx(arrays[name].value, rel=1e-9), name
        assert isinstance(tensors[name].value, float), name
