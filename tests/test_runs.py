"""Runs are listed by how they stand, which is derived from what lies in their folders."""

from __future__ import annotations

import pytest

from genbench.plan import Plan
from genbench.record import Environment, Record
from genbench.runs import standing, standings
from genbench.store import Lease, RunFolder, this_harness

HERE = Environment(
    genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
    driver=None, packages={}, settings={},
)  # fmt: skip


@pytest.fixture
def folder(tmp_path, make_trial) -> RunFolder:
    """A run of two trials and a probe, none of them run."""
    probe = make_trial(purpose="probe")
    return RunFolder.create(tmp_path, Plan(trials=(make_trial(), make_trial(seed=1)), probes=(probe,)))


@pytest.fixture
def put(folder, put_record):
    """Publish a record of one of its trials."""

    def write(number: int, status: str, attempt: int = 1):
        trial = (*folder.plan().trials, *folder.plan().probes)[number]
        fields = {"status": status, "environment": HERE, "started": "now", "wall_seconds": 1.0}
        return put_record(folder, Record(trial=trial, attempt=attempt, **fields))

    return write


def test_each_state(folder, put) -> None:
    """Kills: a state that somebody must set; open attempts counted as done; the first attempt taken for the last."""
    assert standing(folder.path).state == "unfinished"
    put(0, "OK")
    put(1, "INTERRUPTED")
    put(2, "TIMEOUT")
    found = standing(folder.path)
    assert (found.state, found.planned, found.ok, found.failed) == ("unfinished", 3, 1, 1)
    assert "--resume" in found.note
    put(1, "OK", attempt=2)
    found = standing(folder.path)
    assert (found.state, found.ok, found.failed) == ("finished", 2, 1)
    assert (found.models, found.datasets) == (("alpha",), ("digits",))


def test_who_runs_it_is_named(folder) -> None:
    lease = Lease(folder.path, this_harness())
    assert standing(folder.path).state == "running"
    assert str(lease.owner.pid) in standing(folder.path).note
    lease.release()
    assert standing(folder.path).state == "unfinished"


def test_damage_is_named(folder, put) -> None:
    for number in range(3):
        path = put(number, "OK")
    path.write_bytes(path.read_bytes()[:-9])
    assert standing(folder.path).state == "damaged"
    assert str(path) in standing(folder.path).note
    (folder.path / "plan.json").write_text("")
    assert standing(folder.path).state == "damaged"


def test_the_newest_first(tmp_path, folder, make_trial) -> None:
    newer = RunFolder.create(tmp_path, Plan(trials=(make_trial(),), probes=()))
    assert [each.path for each in standings(tmp_path)] == [newer.path, folder.path]


def test_the_command(tmp_path, folder, run_genbench) -> None:
    done = run_genbench("runs", str(tmp_path))
    assert done.returncode == 0
    assert "unfinished  alpha on digits: 0/3 done" in done.stdout
    assert "no such folder" in run_genbench("runs", "nowhere").stderr
