"""What is published is read back, or refused with its path; nothing in between."""

from __future__ import annotations

import json

import pytest

from genbench.errors import ResultsError
from genbench.plan import Plan
from genbench.record import Environment, Record
from genbench.store import RunFolder, load, load_record, publish
from genbench.validation import validate


@pytest.fixture
def run(tmp_path, make_trial):
    """A run of one trial with its record."""
    trial = make_trial()
    folder = RunFolder.create(tmp_path / "results", Plan(trials=(trial,), probes=()))
    attempt = folder.attempt(trial)
    folder.publish_record(attempt, _record(trial, attempt))
    return folder


def _record(trial, attempt, **changes):
    where = Environment(
        genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
        driver=None, packages={}, settings={},
    )  # fmt: skip
    number = int(attempt.name.rpartition("-")[2])
    fields = {"status": "OK", "started": "now", "wall_seconds": 1.0} | changes
    return Record(trial=trial, attempt=number, environment=where, **fields)


def _record_path(run):
    return run.record_paths()[0]


def test_reads_back_what_was_published(run, make_trial) -> None:
    results = run.read()
    assert [record.status for record in results.records] == ["OK"]
    assert results.records[0].trial == make_trial()
    assert validate(run.path).problems == ()


def test_the_last_attempt_counts(run, make_trial) -> None:
    """Kills: sorting attempts as text, where 10 comes before 2."""
    for _ in range(10):
        attempt = run.attempt(make_trial())
    run.publish_record(attempt, _record(make_trial(), attempt, status="TIMEOUT"))
    assert attempt.name == "attempt-11"
    assert run.read().records[0].status == "TIMEOUT"


def test_every_flipped_byte_is_noticed(run) -> None:
    """Kills: a seal over a part of the record."""
    path = _record_path(run)
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        path.write_bytes(bytes(damaged))
        with pytest.raises(ResultsError, match=r"record\.json"):
            load_record(path)


def test_truncated_and_missing_files(run) -> None:
    path = _record_path(run)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ResultsError, match="damaged or edited"):
        run.read()
    assert len(validate(run.path).problems) == 1
    (run.path / "plan.json").unlink()
    with pytest.raises(ResultsError, match="no such file"):
        run.read()


def test_the_file_is_json_for_others(run) -> None:
    document = json.loads(_record_path(run).read_text())
    assert document["content"]["status"] == "OK"


def test_a_record_in_another_place(run, make_trial) -> None:
    path = _record_path(run)
    elsewhere = run.path / "trials" / "0123" / "attempt-1"
    elsewhere.mkdir(parents=True)
    path.rename(elsewhere / "record.json")
    assert "is a record of trials/" in validate(run.path).problems[0]


def test_a_newer_schema_is_refused(tmp_path) -> None:
    publish(tmp_path / "plan.json", Plan(schema_version=99, trials=(), probes=()))
    with pytest.raises(ResultsError, match="schema 99, expected 1"):
        load(tmp_path / "plan.json", Plan)


def test_a_file_that_was_never_finished(run) -> None:
    (run.path / ".plan.json.1.partial").write_text("{")
    assert "never finished" in validate(run.path).problems[0]


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="choose another --output"):
        RunFolder.create(tmp_path / "file", Plan(trials=(), probes=()))


def test_nan_survives_as_text(run, make_trial) -> None:
    """Kills: NaN tokens, which are not JSON."""
    attempt = run.attempt(make_trial())
    run.publish_record(attempt, _record(make_trial(), attempt, wall_seconds=float("nan")))
    text = (attempt / "record.json").read_text()
    assert json.loads(text, parse_constant=lambda name: pytest.fail(name))["content"]["wall_seconds"] == "NaN"
    assert load_record(attempt / "record.json").wall_seconds != load_record(attempt / "record.json").wall_seconds
