"""F43 and F44: baselines of other times and things, and such as cannot be, are never compared with in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genbench.check import reading
from genbench.check.baseline import FILE, SCHEMA
from genbench.check.differences import compare, compare_identities
from genbench.check.halves import halves
from genbench.errors import UsageError
from genbench.plan import Plan
from genbench.record import Measure, Record
from genbench.store.sealed import END, _seal

GOLDEN = Path(__file__).parents[1] / "check" / "golden"
BASELINE = reading.read(GOLDEN / "schema-1")
(CELL,) = BASELINE.cells
FD = "fd:coordinates"


def _edited(folder: Path, **changes) -> Path:
    """Write the golden baseline with other content, sealed as it should be."""
    content = json.loads((GOLDEN / "schema-1" / FILE).read_text())["content"] | changes
    text = json.dumps(content).encode()
    (folder / FILE).write_bytes(_seal(text) + text + END)
    return folder


def _refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:  # which ends every command with exit 2
        reading.read(path)
    return str(caught.value)


def test_f43_every_schema_that_was_released_is_read() -> None:
    """Kills: a baseline in somebody's repository that an update of genbench makes useless."""
    schemas = sorted(GOLDEN.glob("schema-*"))
    assert len(schemas) == SCHEMA
    for folder in schemas:
        assert reading.read(folder).schema_version == SCHEMA


def test_f43_an_older_schema_is_migrated_by_steps(tmp_path, monkeypatch) -> None:
    """Kills: a step that is there and not taken; a reader that takes the type before the steps."""
    old = _edited(tmp_path, schema_version=0, made=None, how=BASELINE.made.model_dump())

    def step(document):
        return {key: value for key, value in document.items() if key != "how"} | {"made": document["how"]}

    assert "schema 0 cannot be read any more" in _refusal(old)
    monkeypatch.setitem(reading.STEPS, 0, step)
    assert reading.read(old) == BASELINE


def test_f43_a_newer_schema_asks_for_an_update(tmp_path) -> None:
    """Kills: complaints about each unknown key in the place of the one thing to do."""
    told = _refusal(_edited(tmp_path, schema_version=SCHEMA + 1, colour="red"))
    assert f"schema {SCHEMA + 1}, this genbench reads up to {SCHEMA}: update genbench" in told
    assert "colour" not in told


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"precision": "bf16"}, "precision changed from fp32 to bf16"),
        ({"device": "cuda:0"}, "device: changed from cpu to cuda"),
        ({"data": CELL.trial.data.model_copy(update={"hash": "0" * 64})}, "data hash changed"),
        (
            {"data": CELL.trial.data.model_copy(update={"counts": {"train": 1, "validation": 1, "held_out": 9}})},
            "N of fd:coordinates changed from 64 to 9",
        ),
    ],
)
def test_f43_what_would_be_compared_is_another_thing(edit, said) -> None:
    plan = Plan(trials=(CELL.trial.model_copy(update=edit),), probes=())
    assert any(said in line for line in compare(BASELINE, plan, BASELINE.environment).refused)


def test_f43_another_measure_is_refused_after_the_run() -> None:
    """Kills: an extractor trained anew, whose numbers look like the old ones."""
    identity = CELL.identities[FD].model_copy(update={"features_hash": "retrained"})
    record = Record(
        trial=CELL.trial, attempt=1, status="OK", measures=(Measure(identity=identity, value=1.0),),
        environment=BASELINE.environment, started="2026-11-22T20:00:00+00:00", wall_seconds=1.0,
    )  # fmt: skip
    (line,) = compare_identities(CELL, [record])
    assert "features_hash changed from" in line


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda seeds: seeds[:-1], "seeds of its study are missing: 19"),
        (lambda seeds: [*seeds, seeds[0]], "seeds given twice: 0"),
        (lambda seeds: seeds[:4], "got 4 different seeds, expected at least 20"),
        (lambda seeds: [seeds[0] | {"values": seeds[0]["values"] | {FD: "NaN"}}, *seeds[1:]], "got nan"),
        (lambda seeds: [row | {"status": "OOM(host)"} for row in seeds], "no seed is OK"),
    ],
)
def test_f44_a_baseline_that_cannot_be(tmp_path, edit, said) -> None:
    cell = json.loads((GOLDEN / "schema-1" / FILE).read_text())["content"]["cells"][0]
    told = _refusal(_edited(tmp_path, cells=[cell | {"seeds": edit(cell["seeds"])}]))
    assert said in told


def test_f44_all_that_is_wrong_is_told_at_once(tmp_path) -> None:
    cell = json.loads((GOLDEN / "schema-1" / FILE).read_text())["content"]["cells"][0]
    seeds = [*cell["seeds"][:-1], cell["seeds"][0] | {"values": {FD: "Infinity"}}]
    told = _refusal(_edited(tmp_path, cells=[cell | {"seeds": seeds}]))
    for part in ("given twice: 0", "missing: 19", "got inf", "values are missing for the seeds 0"):
        assert part in told


def test_f44_failed_seeds_and_equal_values_are_compared_with() -> None:
    """Kills: failed seeds that vanish, or rank best; equal values that divide by nothing."""
    rows = tuple(
        row.model_copy(update={"values": row.values | {FD: None if row.seed >= 10 else 0.5}}) for row in CELL.seeds
    )
    (found,) = halves(BASELINE.gates[:1], [CELL.model_copy(update={"seeds": rows})])
    assert found.p < found.level
    equal = tuple(row.model_copy(update={"values": row.values | {FD: 0.5}}) for row in CELL.seeds)
    (found,) = halves(BASELINE.gates[:1], [CELL.model_copy(update={"seeds": equal})])
    assert found.p == 1.0
