"""What differs is refused or told: of every field of a trial, a machine and a measure it is decided which."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.budget import Budget
from genbench.check import differences
from genbench.check.differences import compare, compare_identities, is_identical
from genbench.check.reading import read
from genbench.check.rows import row_of, values_of
from genbench.plan import Broken, Plan
from genbench.record import Environment, Identity, Measure, Record, Trial, Tuned
from genbench.refs import DataRef, Mixture, ModelRef, Scale
from genbench.table import Column, Table

BASELINE = read(Path(__file__).parent / "golden" / "schema-1")
(CELL,) = BASELINE.cells
TRIAL, WHERE = CELL.trial, BASELINE.environment
FD, RECALL = "fd:coordinates", "recall:coordinates"

OF_TRIAL = {
    "schema_version": 2, "purpose": "probe", "budget": Budget(30, "steps"), "seed": 7, "marks": (0.5,),
    "device": "cuda:0", "precision": "bf16", "compile": True, "matmul": "medium", "threads": 2,
    "features": ("coordinates", "pixels"), "metrics": ("swd",), "protocol": "fid50k-train",
    "tuned": Tuned(trials=4, number=1, sampler="random", seed=0),
}  # fmt: skip
OF_MODEL = {
    "name": "other", "distribution": "genbench-toys 0.2", "module": "moved", "code": "0" * 64,
    "options": {"batch_size": 8, "sleep": 0.5}, "batch_size": 16, "variants": ("ema",), "hooks": ("build",),
    "card": {"paper": "x"}, "label": "other",
}  # fmt: skip
OF_DATA = {
    "name": "other", "kind": "image", "shape": (3,), "classes": 2, "labelled": True,
    "counts": {"train": 256, "validation": 64, "held_out": 65}, "hash": "0" * 64,
    "scale": Scale(mean=(0.0, 0.0), deviation=(1.0, 1.0)), "mixture": Mixture(centres=((0.0, 0.0),), deviation=1.0),
    "table": Table(columns=(Column(name="x", kind="number"),)), "alphabet": ("a", "b"),
}  # fmt: skip
OF_ENVIRONMENT = {
    "genbench": "0.2.0", "code": "1" * 16, "python": "3.11.8", "platform": "Linux-7", "cpu": "another", "cores": 4,
    "memory_bytes": 1, "device": "cpu:1", "device_name": "another", "device_count": 1, "driver": "600.1",
    "packages": WHERE.packages | {"numpy": "9.9"}, "settings": WHERE.settings | {"OMP_NUM_THREADS": "2"},
    "commit": "ffff",
}  # fmt: skip
OF_IDENTITY = {
    "metric": "fd", "n": 65, "split": "validation", "data": "0" * 64, "features": "coordinates",
    "features_hash": "other", "dtype": "float32", "k": 3, "n_real": 9,
}  # fmt: skip
LOST = {
    "model.name",
    "model.label",
    "data.name",
    "purpose",
}  # by these a cell is found; one that is not found is missing
NOTED = {*differences.NOTED_OF_TRIAL, "features", "metrics"}


def _trial(edits) -> Trial:
    """Return the baseline's trial with fields changed, as `model.code`."""
    own = {name: value for name, value in edits.items() if "." not in name}
    for part in ("model", "data"):
        inner = {name.partition(".")[2]: value for name, value in edits.items() if name.startswith(f"{part}.")}
        own[part] = getattr(TRIAL, part).model_copy(update=inner)
    return TRIAL.model_copy(update=own)


def _compared(edits=None, where=None):
    return compare(BASELINE, Plan(trials=(_trial(edits or {}),), probes=()), WHERE.model_copy(update=where or {}))


EDITS = {
    **OF_TRIAL,
    **{f"model.{name}": value for name, value in OF_MODEL.items()},
    **{f"data.{name}": value for name, value in OF_DATA.items()},
}
FREE = {
    *differences.FREE_OF_TRIAL,
    *(f"model.{name}" for name in differences.FREE_OF_MODEL),
    *(f"data.{name}" for name in differences.FREE_OF_DATA),
}


def test_nothing_differs_from_itself() -> None:
    found = _compared()
    assert (found.refused, found.noted, found.allows_digests, found.is_same_machine) == ((), (), True, True)


def test_every_field_has_an_edit() -> None:
    """Kills: a field added to what is compared without a word on whether it may differ."""
    assert OF_TRIAL.keys() | {"model", "data"} == Trial.model_fields.keys()
    assert OF_MODEL.keys() == ModelRef.model_fields.keys()
    assert OF_DATA.keys() == DataRef.model_fields.keys()
    assert OF_ENVIRONMENT.keys() == Environment.model_fields.keys()
    assert OF_IDENTITY.keys() == Identity.model_fields.keys()


@pytest.mark.parametrize("name", EDITS)
def test_every_field_of_a_trial_is_refused_noted_or_free(name) -> None:
    """Kills: any one name dropped from the lists of what is refused or noted."""
    found = _compared({name: EDITS[name]})
    if name in FREE or name in LOST - {"purpose"}:
        assert found.refused == found.noted == ()
    elif name in NOTED:
        assert found.refused == ()
        (line,) = found.noted
        assert line.startswith(f"null on tiny: {name} changed from ")
    else:
        assert found.noted == ()
        assert found.refused
        for line in found.refused:
            assert "changed from" in line
            assert "`genbench baseline` makes a new one" in line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("model.options", OF_MODEL["options"], "option sleep changed from 0.0 to 0.5"),
        ("model.options", {"batch_size": 8}, "option sleep changed from 0.0 to None"),
        ("model.options", {"batch_size": 8, "sleep": 0.0, "new": 1}, "option new changed from None to 1"),
        ("budget", Budget(30, "steps"), "budget changed from 20steps to 30steps"),
        ("device", "cuda:0", "device: changed from cpu to cuda"),
        ("data.hash", "0" * 64, "data hash changed from f56bb2c1bdf4e7ab"),
        ("data.counts", OF_DATA["counts"], "N of fd:coordinates changed from 64 to 65"),
        ("features", ("pixels",), "expected coordinates, which is gated"),
    ],
)
def test_what_is_refused_is_told(name, value, said) -> None:
    assert any(said in line for line in _compared({name: value}).refused)


def test_a_metric_that_is_gated_must_be_measured() -> None:
    """Kills: a gate of a measure that the candidate was not asked for."""
    trial = TRIAL.model_copy(update={"metrics": ("swd",)})
    identities = CELL.identities | {"swd:coordinates": CELL.identities[FD].model_copy(update={"metric": "swd"})}
    cell = CELL.model_copy(update={"trial": trial, "identities": identities})
    gate = BASELINE.gates[0].model_copy(update={"measure": "swd:coordinates"})
    baseline = BASELINE.model_copy(update={"cells": (cell,), "gates": (gate,)})
    plan = Plan(trials=(TRIAL,), probes=())
    assert any("expected swd, which is gated" in line for line in compare(baseline, plan, WHERE).refused)
    ungated = baseline.model_copy(update={"gates": BASELINE.gates})
    assert compare(ungated, plan, WHERE).refused == ()


@given(st.sets(st.sampled_from(sorted(EDITS.keys() - LOST))))
def test_edits_are_found_however_they_are_combined(names) -> None:
    """Kills: one difference that hides another."""
    found = _compared({name: EDITS[name] for name in names})
    assert bool(found.refused) == bool(names - FREE - NOTED)
    assert len(found.noted) == len(names & NOTED)


def test_rounding_of_another_processor_is_no_difference() -> None:
    """Kills: a scale compared bit by bit, though its rows have one hash."""
    scale = TRIAL.data.scale
    near = Scale(mean=tuple(math.nextafter(each, 9) for each in scale.mean), deviation=scale.deviation)
    assert _compared({"data.scale": near}).refused == ()


def test_a_model_that_is_not_planned_is_missing_not_refused() -> None:
    assert compare(BASELINE, Plan(trials=(), probes=()), WHERE).refused == ()


def test_a_model_that_is_broken_fails_and_is_not_refused() -> None:
    """Kills: exit 2 over options of a stub that has none, so that a plugin that cannot be imported is no regression."""
    stub = ModelRef.stub("null", "genbench-toys 0.2", "toys")
    broken = (Broken(model=stub, status="FAILED(import)", message="no"),)
    trial = TRIAL.model_copy(update={"model": stub})
    assert any("option" in line for line in compare(BASELINE, Plan(trials=(trial,), probes=()), WHERE).refused)
    assert compare(BASELINE, Plan(trials=(trial,), probes=(), broken=broken), WHERE).refused == ()
    other = trial.model_copy(update={"data": TRIAL.data.model_copy(update={"hash": "0" * 64})})
    (line,) = compare(BASELINE, Plan(trials=(other,), probes=(), broken=broken), WHERE).refused
    assert line.startswith("null on tiny: data hash changed")
    elsewhere = (broken[0].model_copy(update={"model": ModelRef.stub("other", "", "")}),)
    assert compare(BASELINE, Plan(trials=(trial,), probes=(), broken=elsewhere), WHERE).refused


@pytest.mark.parametrize("name", OF_ENVIRONMENT)
def test_every_field_of_an_environment_is_noted_or_free(name) -> None:
    """Kills: any one name dropped from what is noted."""
    found = _compared(where={name: OF_ENVIRONMENT[name]})
    assert found.refused == ()
    assert len(found.noted) == (0 if name in differences.FREE_OF_ENVIRONMENT else 1)
    assert found.allows_digests
    assert found.is_same_machine == (name not in ("cpu", "device_name", "cores", "platform"))


def test_another_kind_of_device_is_refused() -> None:
    assert _compared(where={"device": "mps"}).refused == (
        "device: changed from cpu to mps; `genbench baseline` makes a new one",
    )


@pytest.mark.parametrize(
    ("torch", "allows", "is_same"),
    [("2.13.0+cpu", True, True), ("2.13.1+cpu", True, False), ("2.14.0+cpu", False, False), ("3.13.0", False, False)],
)
def test_a_minor_release_of_torch_turns_the_shortcut_off(torch, allows, is_same) -> None:
    """Kills: digests believed across releases that may compute otherwise, and the patch taken for the minor."""
    found = _compared(where={"packages": WHERE.packages | {"torch": torch}})
    assert (found.allows_digests, found.is_same_machine) == (allows, is_same)
    assert len(found.noted) == (0 if torch == WHERE.packages["torch"] else 1)


def test_where_files_lie_is_not_told() -> None:
    assert _compared(where={"settings": WHERE.settings | {"GENBENCH_CACHE": "/home/me"}}).noted == ()


def _record(seed: int = 0, *, values=None, samples="same", status="OK", **identity) -> Record:
    """Return a candidate's trial that came to what the baseline's seed did, but for what is given."""
    row = CELL.seeds[seed]
    told = row.values | (values or {})
    measures = tuple(
        Measure(identity=each.model_copy(update=identity if name == FD else {}), value=told[name])
        for name, each in CELL.identities.items()
    )
    digests = row.digests if samples == "same" else {"weights": row.digests["weights"], **samples}
    return Record(
        trial=TRIAL.model_copy(update={"seed": seed}), attempt=1, status=status, measures=measures, digests=digests,
        environment=WHERE, started="2026-11-22T20:00:00+00:00", wall_seconds=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("name", OF_IDENTITY)
def test_every_field_of_an_identity_is_refused(name) -> None:
    """Kills: numbers of another extractor, k, N or split taken for the baseline's."""
    found = compare_identities(CELL, [_record(), _record(1, **{name: OF_IDENTITY[name]})])
    is_other_name = name in ("metric", "features")  # the same values here: nothing changes
    assert len(found) == (0 if is_other_name or name == "split" else 1)
    for line in found:
        assert line.startswith(f"null on tiny: {FD}: {name} changed from ")


def test_values_are_those_of_the_headline_at_the_end() -> None:
    """Kills: a value of another mark, split or variant; a failed trial's value kept."""
    assert values_of(_record(), CELL) == CELL.seeds[0].values
    other = Measure(identity=CELL.identities[FD], value=-1.0)
    for changes in ({"mark": 0.5}, {"variant": "ema"}):
        odd = _record().model_copy(update={"measures": (other.model_copy(update=changes),)})
        assert set(values_of(odd, CELL).values()) == {None}
    assert set(values_of(_record(status="OVER_BUDGET"), CELL).values()) == {None}
    assert values_of(_record(values={FD: math.inf}), CELL)[FD] is None
    row = row_of(_record(), CELL, None)
    assert (row.seed, row.values, row.is_collapsed) == (0, CELL.seeds[0].values, None)


def test_equal_samples_and_values_are_identical() -> None:
    assert is_identical(CELL, [_record(seed) for seed in range(5)], BASELINE.gates) == (True, "")
    assert is_identical(CELL, [_record(values={FD: CELL.seeds[0].values[FD] * (1 + 1e-12)})], BASELINE.gates)[0]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [_record(0), _record(0)],
        [_record(0), _record(1, status="DIVERGED")],
        [_record(0, samples={"samples:default": "other"})],
        [_record(0, samples={})],
        [_record(0).model_copy(update={"trial": TRIAL.model_copy(update={"seed": 99})})],
    ],
    ids=["nothing", "a seed twice", "a failed seed", "other samples", "no samples", "another seed"],
)
def test_what_is_not_identical(records) -> None:
    """Kills: the shortcut taken for nothing, for failed trials, for equal weights alone."""
    assert is_identical(CELL, records, BASELINE.gates) == (False, "")


def test_equal_samples_of_other_measures_are_told() -> None:
    """Kills: a change of the code that measures passed as identical."""
    changed = [_record(0), _record(1, values={RECALL: 0.5})]
    is_equal, note = is_identical(CELL, changed, BASELINE.gates)
    assert not is_equal
    assert note == "the samples are the baseline's, the measures are not: the code that measures has changed"
    ungated = [_record(0, values={"kd:coordinates": 99.0})]
    assert is_identical(CELL, ungated, BASELINE.gates) == (True, "")


@pytest.mark.parametrize("changes", [{"status": "DIVERGED"}, {"digests": {}}], ids=["failed", "no digests"])
def test_a_seed_of_the_baseline_that_tells_nothing_is_not_identical(changes) -> None:
    """Kills: no samples at all taken for equal samples, a failed seed for a good one."""
    cell = CELL.model_copy(update={"seeds": (CELL.seeds[0].model_copy(update=changes), *CELL.seeds[1:])})
    record = _record(samples={} if "digests" in changes else "same")
    assert is_identical(cell, [record], BASELINE.gates) == (False, "")
