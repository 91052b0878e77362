"""Going on with the right run, and with no other."""

from __future__ import annotations

import os

import pytest

from genbench.choice import choose
from genbench.errors import ResultsError
from genbench.plan import Plan
from genbench.record import Environment, Record
from genbench.resume import Unfinished, differences, find_unfinished
from genbench.session import Ways
from genbench.spec import make_spec
from genbench.store import Lease, RunFolder, this_harness

HERE = Environment(
    genbench="0", code="a", python="3.11", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu",
    device_name="c", driver=None, packages={"torch": "2.6"}, settings={},
)  # fmt: skip


class Said(list):
    """A reporter that remembers."""

    say = list.append


@pytest.fixture
def plan(make_trial):
    """Two seeds of one model."""
    return Plan(trials=(make_trial(), make_trial(seed=1)), probes=(), environment=HERE)


@pytest.fixture
def finish(put_record):
    """Write the records of a run's trials."""

    def write(folder: RunFolder) -> None:
        for trial in folder.plan().trials:
            fields = {"status": "OK", "started": "now", "wall_seconds": 1.0}
            put_record(folder, Record(trial=trial, attempt=1, environment=HERE, **fields))

    return write


def _choose(output, plan, said=None, **ways) -> RunFolder:
    spec = make_spec({"models": ("alpha",), "seeds": 2})
    return choose(Ways(output=output, **ways), spec, plan, Said() if said is None else said)


def _with_code(plan: Plan, code: str) -> Plan:
    trials = [each.model_copy(update={"model": each.model.model_copy(update={"code": code})}) for each in plan.trials]
    return plan.model_copy(update={"trials": tuple(trials)})


def test_the_newest_unfinished_run_of_the_same_plan(tmp_path, plan, finish) -> None:
    """Kills: going on with a finished run, with the oldest, with another plan's."""
    older, newer, finished = (RunFolder.create(tmp_path, plan) for _ in range(3))
    RunFolder.create(tmp_path, plan.model_copy(update={"trials": plan.trials[:1]}))
    for age, folder in enumerate((finished, newer, older)):
        os.utime(folder.path / "plan.json", (1e9 - age, 1e9 - age))
    finish(finished)
    assert find_unfinished(tmp_path, plan).path == newer.path
    assert _choose(tmp_path, plan).path == newer.path
    finish(newer)
    finish(older)
    assert find_unfinished(tmp_path, plan) is None
    assert _choose(tmp_path, plan).path not in {older.path, newer.path, finished.path}


def test_fresh_begins_anew(tmp_path, plan) -> None:
    first = _choose(tmp_path, plan)
    assert _choose(tmp_path, plan).path == first.path
    assert _choose(tmp_path, plan, is_fresh=True).path != first.path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"code": "b"}, "environment: code changed from a to b"),
        ({"packages": {"torch": "2.7"}}, "environment: torch changed from 2.6 to 2.7"),
        ({"cpu": "other"}, "environment: cpu changed from c to other"),
    ],
)
def test_another_environment_is_told_and_not_gone_on_with(tmp_path, plan, change, told) -> None:
    """Kills: records of two versions of a library in one table."""
    folder = RunFolder.create(tmp_path, plan)
    now = plan.model_copy(update={"environment": HERE.model_copy(update=change)})
    found = find_unfinished(tmp_path, now)
    assert isinstance(found, Unfinished)
    assert found.changes == (told,)
    said = Said()
    assert _choose(tmp_path, now, said).path != folder.path
    assert told in said[0]
    with pytest.raises(ResultsError, match="--allow-changed"):
        _choose(tmp_path, now, resume=folder.path)
    assert _choose(tmp_path, now, resume=folder.path, allows_changes=True).path == folder.path
    assert folder.plan() == now
    assert len(list(folder.path.glob("plan-*.json"))) == 1


def test_changed_code_is_told_by_model(tmp_path, plan, finish) -> None:
    """Kills: trials of two versions of a plugin under one name; those of the former version counted as done."""
    folder = RunFolder.create(tmp_path, plan)
    finish(folder)
    changed = _with_code(plan, "1")
    assert differences(plan, changed) == ("alpha on digits: model code changed from 0 to 1",)
    with pytest.raises(ResultsError, match="alpha on digits: model code changed"):
        _choose(tmp_path, changed, resume=folder.path)
    assert len(_choose(tmp_path, changed, resume=folder.path, allows_changes=True).read().missing) == 2


def test_another_study_is_not_mentioned(tmp_path, plan, make_trial) -> None:
    """Kills: a remark on every unfinished run of other budgets."""
    from genbench.budget import Budget

    RunFolder.create(tmp_path, plan)
    other = plan.model_copy(update={"trials": tuple(make_trial(seed=k, budget=Budget(99, "steps")) for k in (0, 1))})
    assert find_unfinished(tmp_path, other) is None
    assert "budget changed" in " ".join(differences(plan, other))


def test_what_is_timed_is_not_shared(tmp_path, plan, make_trial) -> None:
    """Kills: a probe beside the trials of another harness."""
    timed = plan.model_copy(update={"probes": (make_trial(purpose="probe"),)})
    folder = RunFolder.create(tmp_path, timed)
    owner = this_harness()
    lease = Lease(folder.path, owner)
    with pytest.raises(ResultsError, match=rf"process {owner.pid} is working on it"):
        _choose(tmp_path, timed)
    lease.release()
    assert _choose(tmp_path, timed).path == folder.path


def test_damaged_runs_are_passed_over(tmp_path, plan) -> None:
    folder = RunFolder.create(tmp_path, plan)
    (folder.path / "plan.json").write_text("{")
    assert find_unfinished(tmp_path, plan) is None
    with pytest.raises(ResultsError, match=r"plan\.json"):
        _choose(tmp_path, plan, resume=folder.path)


def test_what_the_killed_left_is_swept_when_nobody_is_at_work(tmp_path, plan) -> None:
    """Kills: remains that pile up, and those of a harness that is at work taken for such."""
    folder = RunFolder.create(tmp_path, plan)
    left = folder.path / "trials" / "0" / ".attempt-1.ab.partial"
    left.mkdir(parents=True)
    (left / "lease.json").touch()
    lease = Lease(folder.path, this_harness())
    _choose(tmp_path, plan)
    assert left.exists()
    lease.release()
    Lease(folder.path, this_harness().model_copy(update={"start": "0"}))  # its process is gone
    _choose(tmp_path, plan)
    assert not left.exists()
    assert list((folder.path / "harnesses").iterdir()) == []
