from __future__ import annotations

import random

import pytest

from genbench.budget import Budget
from genbench.errors import ResultsError
from genbench.tables.blocks import blocks


def test_order_of_records_does_not_matter(built):
    records = list(built.images + built.points)
    expected = blocks(records, built.references, run="r")
    random.Random(3).shuffle(records)
    assert blocks(records, built.references, run="r") == expected


def test_a_block_is_one_data_set_under_one_budget(built):
    other = built.record(built.trial(budget=Budget(9600, "steps")), measures=built.image_measures(9.0))
    found = blocks((*built.images, *built.points, other), built.references, run="r")
    assert [(each.trial.data.name, each.trial.budget.amount) for each in found] == [
        ("digits", 4800),
        ("digits", 9600),
        ("ring8", 4800),
    ]


def test_other_rows_of_the_same_name_are_another_block_without_the_reference(built):
    other = built.DIGITS.model_copy(update={"hash": "ff" * 32})
    record = built.record(built.trial(data=other), measures=(built.measure("fd", 3.0, other),))
    found = blocks((*built.images, record), built.references, run="r")
    assert sorted(each.reference is None for each in found) == [False, True]


@pytest.mark.parametrize("changed", [{"n": 499}, {"digest": "another"}])
def test_two_identities_in_one_column_are_refused_by_both_names(built, changed):
    record = built.record(built.trial(seed=9), measures=(built.measure("fd", 3.0, **changed),))
    with pytest.raises(ResultsError, match="different identity") as caught:
        blocks((*built.images, record), built.references, run="r")
    ours = built.identity("fd", built.DIGITS)
    theirs = built.identity("fd", built.DIGITS, **changed)
    assert all(text in str(caught.value) for text in (str(ours), str(theirs), ours.features_hash, theirs.features_hash))


def test_a_reference_of_another_n_is_refused(built):
    floor = (built.measure("fd", 1.1, n=400),)
    reference = built.references["digits"].model_copy(update={"measures": {"floor": floor}})
    with pytest.raises(ResultsError, match="fd@400"):
        blocks(built.images, {"digits": reference}, run="r")


def test_a_number_of_other_data_is_refused(built):
    strange = built.DIGITS.model_copy(update={"hash": "ff" * 32})
    record = built.record(measures=(built.measure("fd", 3.0, strange),))
    with pytest.raises(ResultsError, match="ffff"):
        blocks((record,), {}, run="r")


def test_the_last_attempt_counts(built):
    first = built.record(status="LOST")
    second = built.record(measures=built.image_measures(9.0), attempt=2)
    (found,) = blocks((second, first), {}, run="r")
    assert found.records == (second,)


def test_two_records_of_one_attempt_are_refused(built):
    one, other = built.record(), built.record(status="LOST")
    with pytest.raises(ResultsError, match="two different records"):
        blocks((one, other), {}, run="r")
    assert blocks((one, one), {}, run="r")[0].records == (one,)


def test_nothing_to_show(built):
    with pytest.raises(ResultsError, match="no scored trial"):
        blocks((built.probe("vae"),), {}, run="r")


def test_models_of_one_name_are_told_apart_by_what_differs(built):
    models = [built.model("vae", options={"latent": 16, "beta": beta}) for beta in (1.0, 4.0)]
    recoded = built.model("vae", options={"latent": 16, "beta": 4.0}, code="beef")
    records = [built.record(built.trial(model=model)) for model in models]
    assert [row.label for row in blocks(records, {}, run="r")[0].rows] == ["vae(beta=1.00)", "vae(beta=4.00)"]
    (found,) = blocks((*records, built.record(built.trial(model=recoded))), {}, run="r")
    assert len({row.label for row in found.rows}) == 3


def test_a_probe_belongs_to_its_model_and_machine(built):
    (found,) = blocks(built.images, {}, run="r")
    assert all(row.probe is not None and row.probe.trial.model == row.model for row in found.rows)
    elsewhere = built.probe("vae")
    trial = elsewhere.trial.model_copy(update={"device": "cuda"})
    (found,) = blocks((built.record(), elsewhere.model_copy(update={"trial": trial})), {}, run="r")
    assert found.rows[0].probe is None
