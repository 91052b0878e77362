"""Answers to what two sets of rows are: every number with its identity, its floor and its doubts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from genbench.errors import UsageError
from genbench.metrics.catalogue import expand
from genbench.metrics.frechet import fd
from genbench.metrics.manifold import prdc
from genbench.scorecard import Given, make_card
from genbench.scorecard.card import AGAINST_TRAIN, DEFAULT
from genbench.scorecard.page import to_json, to_text


def given(role, rows):
    return Given(role=role, path=f"{role.lower()}.npy", rows=rows)


@pytest.fixture(scope="module")
def sides():
    generator = np.random.default_rng(0)
    return given("REAL", generator.normal(size=(300, 6))), given("FAKE", generator.normal(0.3, 0.8, (240, 6)))


@pytest.fixture(scope="module")
def card(sides):
    return make_card(*sides, given("TRAIN", np.random.default_rng(1).normal(size=(400, 6))))


def test_every_metric_answers_with_its_identity(card, sides):
    """Kills: a name left out; n of one side told for both; k in the name of what has none."""
    assert set(card) == set(DEFAULT)
    for name, answer in card.items():
        identity = answer.identity
        assert answer.value is not None or answer.warnings
        assert (identity.metric, identity.n, identity.n_real, identity.split) == (name, 240, 300, "given")
        assert (identity.data, identity.features, identity.dtype) == (sides[0].hash, "none", "float64")
        assert identity.k == (5 if name in ("precision", "recall", "density", "coverage") else None)
    assert card["copies"].value is False
    assert card["fd_inf"].value is not None
    assert 0 < card["kd"].se < card["kd"].value
    assert card["c2st"].interval[0] < 0.5 < card["c2st"].interval[1] < card["c2st"].value


def test_the_numbers_are_those_of_the_metrics(card, sides):
    """Kills: FAKE scored against itself, or the sides exchanged: precision 0.97 for recall 0.8."""
    real, fake = (each.rows for each in sides)
    assert card["fd"].value == fd(real, fake).value
    found = prdc(real, fake, k=5)
    assert [card[name].value for name in found] == [score.value for score in found.values()]
    assert card["precision"].value > card["recall"].value


def test_the_floor_is_of_two_halves_of_real_and_says_so(card, sides):
    """Kills: halves in the order given (an ordered file has no two like halves), or the identity of the whole."""
    ordered = given("REAL", np.sort(sides[0].rows, axis=0))
    floor = make_card(ordered, sides[1], None, metrics=["fd"])["fd"].floor
    assert floor.value < 0.3 < fd(ordered.rows[:150], ordered.rows[150:]).value
    assert (floor.identity.n, floor.identity.n_real) == (150, None)
    assert card["fd"].floor.identity.data == sides[0].hash


def test_without_train_rows_memorisation_is_null_with_the_reason(sides):
    answers = make_card(*sides, None)
    assert set(answers) == set(DEFAULT)
    for name in AGAINST_TRAIN:
        assert answers[name].value is None
        assert "--train" in answers[name].warnings[0]


def test_a_copier_is_unmasked(sides):
    """Kills: TRAIN and REAL exchanged."""
    train = np.random.default_rng(1).normal(size=(400, 6))
    answers = make_card(sides[0], given("FAKE", train[:200]), given("TRAIN", train))
    assert answers["copies"].value is True
    assert answers["ct"].value < -3
    assert answers["auth_pct"].value < 5


def test_images_are_compared_as_pixels_by_default_and_by_a_classifier_on_request(data_root, sides):
    generator = np.random.default_rng(0)
    real, fake = (given(role, generator.integers(0, 256, (60, 1, 8, 8), dtype=np.uint8)) for role in ("REAL", "FAKE"))
    assert make_card(real, fake, None, metrics=["fd"])["fd"].identity.features == "pixels"
    found = make_card(real, fake, None, metrics=["fd"], features="classifier:digits")["fd"].identity
    assert found.features == "classifier:digits"
    with pytest.raises(UsageError, match="whose"):
        make_card(real, fake, None, features="classifier")
    with pytest.raises(UsageError, match="got images, expected features"):
        make_card(real, fake, None, features="none")
    with pytest.raises(UsageError, match="did you mean 'pixels'"):
        make_card(real, fake, None, features="pixel")
    with pytest.raises(UsageError, match="expected images"):
        make_card(*sides, None, features="pixels")


def test_rows_that_do_not_fit_are_one_clear_error(sides):
    with pytest.raises(UsageError, match=r"REAL real\.npy has rows \[6\], FAKE fake\.npy has rows \[5\]"):
        make_card(sides[0], given("FAKE", np.zeros((9, 5))), None)
    with pytest.raises(UsageError, match="FAKE"):
        make_card(sides[0], given("FAKE", np.zeros((9, 1, 2, 3), np.uint8)), None)
    with pytest.raises(UsageError, match="TRAIN"):
        make_card(*sides, given("TRAIN", np.zeros((9, 5))))


def test_rows_that_are_not_finite_or_too_few_are_one_clear_error(sides):
    rows = sides[1].rows.copy()
    rows[3, 2] = np.nan
    with pytest.raises(UsageError, match=r"FAKE .*NaN or infinity in 1 of 240 rows"):
        make_card(sides[0], given("FAKE", rows), None)
    with pytest.raises(UsageError, match=r"FAKE .*got 1 row"):
        make_card(sides[0], given("FAKE", sides[1].rows[:1]), None)


def test_what_is_not_defined_is_null_with_a_reason(sides):
    few = replace(sides[1], rows=sides[1].rows[:5])
    answers = make_card(sides[0], few, None, metrics=expand(["fd", "prdc", "fd_inf", "modes", "inception_score"]))
    assert answers["fd"].value is not None
    for name in ("precision", "coverage", "fd_inf", "modes", "inception_score"):
        assert answers[name].value is None and answers[name].warnings


def test_json_has_the_names_as_keys_and_no_nan(card):
    found = json.loads(to_json(card), parse_constant=lambda name: pytest.fail(name))
    assert set(found) == set(DEFAULT)
    assert found["fd"]["value"] == card["fd"].value
    assert found["fd"]["floor"]["identity"]["n"] == 150
    assert found["copies"]["value"] is False
    assert {"value", "identity", "floor", "se", "interval", "warnings"} <= set(found["kd"])


def test_the_text_says_what_is_compared_and_how_to_read_it(card):
    text = to_text(card)
    assert "300 real and 240 fake rows in none" in text
    assert "How to read it" in text
    assert "copies" in text and "no" in text


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(sides):
    names = ["swd", "c2st"]
    first, again, other = (make_card(*sides, None, metrics=names, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first["swd"].value != other["swd"].value


def test_all_rows_are_looked_up():
    """Kills: the 2,000 rows that suffice in a run, by which the z of more would be a fraction of what it is."""
    generator = np.random.default_rng(0)
    real, fake, train = (generator.normal(scale=scale, size=(2500, 2)) for scale in (1, 0.8, 1))
    card = make_card(given("REAL", real), given("FAKE", fake), given("TRAIN", train), metrics=["ct", "auth_pct"])
    nearest = [np.sqrt(((side[:, None] - train) ** 2).sum(axis=2).min(axis=1)) for side in (fake, real)]
    ranks = stats.mannwhitneyu(*nearest, method="asymptotic", use_continuity=False)
    assert card["ct"].value == pytest.approx(stats.norm.ppf(ranks.pvalue / 2), rel=1e-6)
    assert card["ct"].identity.n == card["auth_pct"].identity.n == 2500
