"""The best of a ledger is chosen by validation rows alone, as the tables rank; failures are worst."""

from __future__ import annotations

import pytest

from genbench.errors import SpecError
from genbench.record import Environment, Identity, Measure, Record, Tuned
from genbench.tables.columns import column
from genbench.tuning.selection import best_first, measures_of, score

HERE = Environment(
    genbench="0", python="3", platform="x", cpu="x", cores=1, memory_bytes=1, device="cpu", device_name="cpu",
    driver=None, packages={}, settings={},
)  # fmt: skip


@pytest.fixture
def tried(make_trial):
    """Make the record of a configuration with numbers by short name, on validation and on held-out rows."""

    def make(
        number: int, validation: dict[str, float], held_out: dict[str, float] | None = None, **changes: object
    ) -> Record:
        trial = make_trial(purpose="tune", tuned=Tuned(trials=4, number=number, sampler="random", seed=0))
        measures = [
            Measure(
                identity=Identity(metric=name.partition(":")[0], n=10, split=split, data=trial.data.hash,
                                  features=name.partition(":")[2], features_hash="0"),
                value=value,
            )
            for split, own in (("validation", validation), ("held_out", held_out or {}))
            for name, value in own.items()
        ]  # fmt: skip
        fields = {"status": "OK", "measures": tuple(measures)} | changes
        return Record(trial=trial, attempt=1, environment=HERE, started="x", wall_seconds=1.0, **fields)

    return make


def _order(records, metric=None):
    measures = measures_of(records, metric)
    return [each.number for each in best_first(score(each, measures) for each in records)]


def test_held_out_numbers_are_never_read(tried) -> None:
    """Kills: a choice by the split that the tables are of."""
    records = [tried(0, {"fd:pixels": 1.0}, {"fd:pixels": 9.0}), tried(1, {"fd:pixels": 2.0}, {"fd:pixels": 0.1})]
    assert _order(records) == [0, 1]
    assert measures_of([tried(0, {}, {"fd:pixels": 9.0})], None) == ()


def test_what_failed_is_worst_whatever_it_reached(tried) -> None:
    """Kills: a configuration that diverged chosen for what was photographed before; one without number left out."""
    records = [
        tried(0, {"fd:pixels": 5.0}),
        tried(1, {"fd:pixels": 0.1}, status="DIVERGED"),
        tried(2, {"kd:pixels": 0.1}),
        tried(3, {"fd:pixels": 4.0}),
    ]
    assert _order(records) == [3, 0, 1, 2]


def test_of_equal_ones_the_first_is_chosen(tried) -> None:
    """Kills: a default given up for nothing."""
    assert _order([tried(2, {"fd:pixels": 1.0}), tried(0, {"fd:pixels": 1.0})]) == [0, 2]


def test_modes_decide_before_their_share(tried) -> None:
    """Kills: one mode hit exactly preferred to all of them: the tables rank by modes first; a direction forgotten."""
    kept = {"modes:coordinates": 8.0, "hq_share:coordinates": 0.5, "fd:coordinates": 9.0}
    lost = {"modes:coordinates": 1.0, "hq_share:coordinates": 0.98, "fd:coordinates": 1.0}
    more = kept | {"hq_share:coordinates": 0.6}
    assert _order([tried(0, lost), tried(1, kept), tried(2, more)]) == [2, 1, 0]


def test_a_measure_may_be_named(tried) -> None:
    records = [tried(0, {"fd:pixels": 1.0, "recall:pixels": 0.1}), tried(1, {"fd:pixels": 2.0, "recall:pixels": 0.9})]
    assert _order(records, "recall") == [1, 0]
    assert measures_of(records, "fd:pixels") == (column("fd:pixels"),)
    with pytest.raises(SpecError, match=r"tune\.metric class_kl: not measured on digits, which has fd:pixels, recall"):
        measures_of(records, "class_kl")


def test_learnt_features_decide_before_pixels(tried) -> None:
    """Kills: the first name in the alphabet taken for the measure of the tables."""
    records = [tried(0, {"fd:classifier": 1.0, "fd:pixels": 2.0, "coverage:classifier": 0.1})]
    assert [each.name for each in measures_of(records, None)] == ["fd:classifier"]
