"""Planned looks: more seeds only while a pair of models is undecided."""

from __future__ import annotations

import random

import pytest

from genbench.looks import planned, undecided
from genbench.record import Environment, Identity, Measure, Record

LOOKS = (5, 10, 20)


@pytest.fixture
def records(make_trial):
    """Build records of models with an FD around a middle, for so many seeds."""

    def make(middles, seeds, spread=1.0):
        found = []
        for name, middle in middles.items():
            generator = random.Random(name)
            for seed in range(seeds):
                model = make_trial().model.model_copy(update={"name": name})
                trial = make_trial(model=model, seed=seed, features=("classifier",))
                found.append(_record(trial, None if middle is None else middle + generator.gauss(0, spread)))
        return found

    return make


def _record(trial, value):
    where = Environment(
        genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
        driver=None, packages={}, settings={},
    )  # fmt: skip
    identity = Identity(
        metric="fd", n=500, split="held_out", data=trial.data.hash, features="classifier", features_hash="0"
    )
    fields = {"attempt": 1, "environment": where, "started": "now", "wall_seconds": 1.0}
    if value is None:
        return Record(trial=trial, status="FAILED(train)", **fields)
    return Record(trial=trial, status="OK", measures=(Measure(identity=identity, value=value),), **fields)


def test_looks_end_with_all_the_seeds_there_are():
    """Kills: a study of 12 seeds that looks at 20, or never at 12."""
    assert planned(20) == (5, 10, 20)
    assert planned(12) == (5, 10, 12)
    assert planned(5) == (5,)
    assert planned(40) == (5, 10, 20, 40)


def test_pairs_that_seeds_tell_apart_are_decided(records):
    assert undecided(records({"alpha": 10, "beta": 20}, 5), {}, LOOKS) == ()


def test_the_first_of_several_looks_has_to_show_more(records):
    """Kills: the whole level spent at the first look: p 0.032 is below 0.05, not below 0.02."""
    pairs = records({"alpha": 0, "beta": 0}, 5, spread=0)
    beta = [0.5, 1.5, 10, 11, 12]  # better in two pairs of 25: p 0.032
    alpha = [0, 0.4, 2, 0.2, 0.3]
    changed = [
        _record(each.trial, (alpha if each.trial.model.name == "alpha" else beta)[each.trial.seed]) for each in pairs
    ]
    assert undecided(changed, {}, (5,)) == ()
    assert undecided(changed, {}, LOOKS) == ("alpha and beta on digits",)


def test_pairs_that_they_do_not_are_named(records):
    """Kills: the run stopped once one of several pairs is decided."""
    found = undecided(records({"alpha": 10, "beta": 10, "gamma": 30}, 5), {}, LOOKS)
    assert found == ("alpha and beta on digits",)


def test_a_failed_model_is_worse_and_two_failed_ones_are_left_alone(records):
    """Kills: twenty seeds spent on two models that always fail."""
    assert undecided(records({"alpha": 10, "beta": None}, 5), {}, LOOKS) == ()
    assert undecided(records({"alpha": 10, "beta": None, "gamma": None}, 5), {}, LOOKS) == ()


def test_one_model_is_no_pair(records):
    assert undecided(records({"alpha": 10}, 5), {}, LOOKS) is None
