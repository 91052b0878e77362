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
def run(tmp_path, make_trial, put_record):
    """A run of one trial with its record."""
    trial = make_trial()
    folder = RunFolder.create(tmp_path / "results", Plan(trials=(trial,), probes=()))
    put_record(folder, _record(trial))
    return folder


def _record(trial, **changes):
    where = Environment(
        genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
        driver=None, packages={}, settings={},
    )  # fmt: skip
    fields = {"attempt": 1, "status": "OK", "started": "now", "wall_seconds": 1.0} | changes
    return Record(trial=trial, environment=where, **fields)


def _record_path(run):
    return run.record_paths()[0]


def test_reads_back_what_was_published(run, make_trial) -> None:
    results = run.read()
    assert [record.status for record in results.records] == ["OK"]
    assert results.records[0].trial == make_trial()
    assert validate(run.path).problems == ()


def test_the_last_attempt_counts(run, make_trial, put_record) -> None:
    """Kills: sorting attempts as text, where 10 comes before 2."""
    for number in (1, 2, 9, 10):
        put_record(run, _record(make_trial(), attempt=number, status="TIMEOUT" if number == 10 else "LOST"))
    assert run.read().records[0].status == "TIMEOUT"


def test_what_is_open_is_no_record_of_the_trial(run, make_trial, put_record) -> None:
    """Kills: an interrupted attempt that counts as a failure of the model."""
    put_record(run, _record(make_trial(), status="INTERRUPTED"))
    results = run.read()
    assert results.records == ()
    assert [each.status for each in results.unfinished] == ["INTERRUPTED"]
    assert results.missing == (make_trial(),)


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
    assert "damaged or edited" in run.read().damaged[0]
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


def test_a_write_that_was_cut_off_is_no_damage(run) -> None:
    """Kills: a folder that is called damaged after every kill."""
    (run.path / ".plan.json.1.partial").write_text("{")
    report = validate(run.path)
    assert report.problems == ()
    assert "cut off" in report.remarks[0]


def test_two_records_of_one_trial_are_damage(run, make_trial, put_record) -> None:
    """Kills: at most one record a trial, unchecked."""
    put_record(run, _record(make_trial(), attempt=2))
    assert "a second record" in validate(run.path).problems[0]


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="choose another --output"):
        RunFolder.create(tmp_path / "file", Plan(trials=(), probes=()))


def test_nan_survives_as_text(run, make_trial, put_record) -> None:
    """Kills: NaN tokens, which are not JSON."""
    path = put_record(run, _record(make_trial(), wall_seconds=float("nan")))
    text = path.read_text()
    assert json.loads(text, parse_constant=lambda name: pytest.fail(name))["content"]["wall_seconds"] == "NaN"
    assert load_record(path).wall_seconds != load_record(path).wall_seconds
