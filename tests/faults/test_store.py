"""F24, F27, F29-F32, F42, F47: whatever stops a harness, what was acknowledged stays, and going on ends the same."""

from __future__ import annotations

import os
import random
import secrets
import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toolkit import (
    FakeClock,
    FaultFS,
    Harness,
    ToyEngine,
    answer,
    content,
    forge,
    in_child,
    with_faults,
)

from genbench.course import Course
from genbench.errors import StorageFault
from genbench.messages import Job, Outcome
from genbench.store.sealed import seal
from genbench.validation import validate

if TYPE_CHECKING:
    from genbench.store import RunFolder


def _run(folder: RunFolder, faults: FaultFS | None = None) -> None:
    work = lambda: Harness(folder).execute()  # noqa: E731
    with_faults(faults, work) if faults else work()


def _writes(new_run) -> int:
    faults = FaultFS()
    _run(new_run(name="counted"), faults)
    return faults.count


@pytest.mark.parametrize("fault", ["kill", "torn"])
def test_f24_killed_at_every_write(new_run, fault: str) -> None:
    """Kills: an acknowledgement before the rename is on disk, a trial that is done and run again, a half record."""
    whole = content(Harness(new_run(name="whole")).execute())
    number, count = 1, _writes(new_run)
    assert count > 50
    while True:
        folder = new_run(name=f"{fault}-{number}")
        code = in_child(lambda: _run(folder, FaultFS(number, fault)))  # noqa: B023
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert validate(folder.path).problems == ()
        acknowledged = content(folder.read())
        harness = Harness(folder)
        results = harness.execute()
        assert content(results) == whole
        assert acknowledged == [each for each in whole if each in acknowledged]
        trained = [call.name for call in harness.engine.calls if call.function in ("trial", "probe")]
        assert len(trained) == len(whole) - len(acknowledged)
        assert validate(folder.path).problems == ()
        number += 1
    assert number == count + 1


@pytest.mark.parametrize("fault", ["ENOSPC", "EDQUOT"])
def test_f27_disk_full_at_every_write(new_run, fault: str) -> None:
    """Kills: a record lost or half written when the disk fills up, a run that cannot go on once there is room."""
    whole = content(Harness(new_run(name="whole")).execute())
    for number in range(1, _writes(new_run), 3):
        folder = new_run(name=f"{fault}-{number}")
        with pytest.raises((OSError, StorageFault)):
            _run(folder, FaultFS(number, fault, lasts=True))
        assert validate(folder.path).problems == ()
        acknowledged = content(folder.read())
        assert acknowledged == [each for each in whole if each in acknowledged]
        assert content(Harness(folder).execute()) == whole


def test_f29_io_errors_and_failing_fsync(new_run) -> None:
    """Kills: a record acknowledged after a failed fsync, a second fsync on a descriptor whose first one failed."""
    whole = content(Harness(new_run(name="whole")).execute())
    for number in range(1, _writes(new_run), 2):
        folder = new_run(name=f"EIO-{number}")
        with pytest.raises(OSError, match="Input/output"):
            _run(folder, FaultFS(number, "EIO"))
        assert content(Harness(folder).execute()) == whole


def test_f29_short_writes_are_completed(new_run) -> None:
    """Kills: a single call of write."""
    for number in range(1, _writes(new_run), 5):
        folder = new_run(name=f"short-{number}")
        _run(folder, FaultFS(number, "short"))
        assert validate(folder.path).problems == ()


@pytest.mark.parametrize("count", [2, 8])
def test_f30_harnesses_share_one_folder(new_run, count: int) -> None:
    """Kills: a claim that two can make, a record that is overwritten, a trial that is forgotten between two."""
    folder = new_run(seeds=200 // count)
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                Harness(folder).execute()
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * count
    results = folder.read()
    assert results.missing == ()
    assert validate(folder.path).problems == ()
    assert all(len(list(each.glob("attempt-*"))) == 1 for each in (folder.path / "trials").iterdir())
    owners = {path.read_text() for path in folder.path.glob("trials/*/attempt-1/lease.json")}
    assert len(owners) > 1


def test_f31_runs_of_one_moment_have_names_of_their_own(new_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a run's id that is a time."""
    names = {new_run().path.name for _ in range(50)}
    assert len(names) == 50


def test_f32_a_lease_is_judged_by_boot_start_and_age(new_run) -> None:
    """Kills: believing a process id alone, which another process may have by now."""
    folder, clock = new_run(), FakeClock()
    trial = folder.plan().trials[0]
    harness = Harness(folder, clock)
    mine = harness.owner
    place = folder.path / "trials" / trial.id
    place.mkdir(parents=True)
    another = {"token": "f" * 16, "pid": os.getpid(), "start": str(int(mine.start or 0) + 1)}
    forge(place / "attempt-1", **another)
    (folder.path / "harnesses" / f"{'f' * 16}.json").write_bytes(seal(mine.model_copy(update=another)))
    assert harness.attempts.standing(trial).next == 2, "its process is gone: this one has its id, and another start"
    elsewhere = {"token": "e" * 16, "boot": "elsewhere", "pid": 2**22 + 1}  # no process of this machine
    forge(place / "attempt-2", **elsewhere)
    stranger = folder.path / "harnesses" / f"{'e' * 16}.json"
    stranger.write_bytes(seal(mine.model_copy(update=elsewhere)))
    assert harness.attempts.standing(trial).state == "taken", "nothing is known of another boot's processes"
    clock.now += 59
    assert harness.attempts.standing(trial).state == "taken"
    os.utime(stranger)
    clock.now += 2
    assert harness.attempts.standing(trial).state == "taken", "it was touched"
    clock.now += 61
    assert harness.attempts.standing(trial).state == "free", "nobody touched it for a minute of watching"
    assert folder.read().unfinished[0].status == "LOST"


def test_f36_wall_clocks_may_jump(new_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a lease whose age is told by the wall clock: an hour's jump would give up all who live."""
    folder, clock = new_run(), FakeClock()
    harness, other = Harness(folder, clock), Harness(folder, clock)
    trial = folder.plan().trials[0]
    assert other.attempts.claim(trial) is not None
    stamp = (folder.path / "harnesses" / f"{other.owner.token}.json").stat().st_mtime
    for hours in (1, -2, 24):
        now = stamp + 3600 * hours
        monkeypatch.setattr("time.time", lambda: now)  # noqa: B023
        os.utime(folder.path / "harnesses" / f"{other.owner.token}.json", (now, now))
        clock.now += 30
        assert harness.attempts.standing(trial).state == "taken"
    now += 24 * 3600  # and nobody touched anything since
    assert harness.attempts.standing(trial).state == "taken"


def test_f42_a_damaged_record_is_put_aside_and_its_trial_run_again(new_run) -> None:
    """Kills: a repair in silence, a damaged record that counts as done, damage that spreads to its neighbours."""
    folder = new_run()
    whole = content(Harness(folder).execute())
    path = folder.record_paths()[0]
    path.write_bytes(path.read_bytes().replace(b'"OK"', b'"KO"'))
    assert len(folder.read().damaged) == 1
    assert len(folder.read().records) == len(whole) - 1
    assert len(validate(folder.path).problems) == 1
    harness = Harness(folder)
    assert content(harness.execute()) == whole
    assert [call.function for call in harness.engine.calls if call.function in ("trial", "probe")] != []
    assert [each.parent for each in harness.attempts.quarantined] == [path.parent]
    report = validate(folder.path)
    assert report.problems == ()
    assert any("put aside" in remark for remark in report.remarks)


def test_f42_a_record_that_no_harness_wrote_fences_nobody_off(new_run) -> None:
    """Kills: a plugin that writes into its attempt's folder, whose trial is then run again and again without end."""
    folder = new_run(seeds=1)
    harness = Harness(folder)
    trial = folder.plan().trials[0]
    claimed = harness.attempts.claim(trial)
    assert claimed is not None
    (claimed / "record.json").write_text("{}")
    record = Harness(new_run(seeds=1, name="other")).execute().records[0].model_copy(update={"attempt": 1})
    assert harness.attempts.publish(claimed, record) is True
    assert harness.attempts.standing(trial).state == "done"
    assert [each.parent for each in harness.attempts.quarantined] == [claimed]


def test_f47_who_was_given_up_publishes_too_late(new_run) -> None:
    """Kills: two records of one trial, an error in the harness that comes back after its lease has run out."""
    folder, clock = new_run(seeds=1), FakeClock()
    slow, quick = Harness(folder, clock), Harness(folder, clock)
    trial = folder.plan().trials[0]
    claimed = slow.attempts.claim(trial)
    assert claimed is not None
    assert quick.attempts.standing(trial).state == "taken"
    clock.now += 61  # `slow` is stopped: it lives, and touches nothing
    results = quick.execute()
    late = results.records[0].model_copy(update={"attempt": 1})
    assert slow.attempts.publish(claimed, late) is False
    assert (claimed / "superseded.json").exists()
    assert content(folder.read()) == content(results)
    assert validate(folder.path).problems == ()


def test_f46_an_engine_may_run_a_call_twice_and_lose_it(new_run) -> None:
    """Kills: a trial that is lost for ever, or tried for ever, when nodes go."""
    folder = new_run()
    lost: list[str] = []

    def unreliable(call):
        if call.function == "trial" and (len(lost) < 2 or "seed 1" in call.name):
            lost.append(call.name)
            return "LOST", None
        return answer(call)

    results = Harness(folder, engine=ToyEngine(unreliable, runs_twice=True)).execute()
    statuses = {record.trial.seed: record.status for record in results.records if record.trial.purpose == "score"}
    assert statuses == {0: "OK", 1: "NO_RESULT"}
    assert "lost 3 times" in next(record.message for record in results.records if record.status != "OK")
    assert validate(folder.path).problems == ()
    assert len(folder.record_paths()) > len(results.records)  # every attempt has its record


def test_a_model_that_fails_the_same_way_is_given_up(new_run) -> None:
    """Kills: a count that a success does not reset, messages that differ in a number, skips that never come back."""
    from genbench.breaker import Breaker

    def fails(call):
        if call.function == "trial":
            count = sum(each.function == "trial" for each in harness.engine.calls)
            outcome = Outcome(status="FAILED(train)", message=f"at 0x{count:x} after {count} hand-outs")
            return "OK", outcome.model_dump_json()
        return answer(call)

    folder = new_run(seeds=6)
    harness = Harness(folder, engine=ToyEngine(fails))
    results = harness.execute()
    scored = [record.status for record in results.records if record.trial.purpose == "score"]
    assert scored == ["FAILED(train)"] * 3 + ["SKIPPED"] * 3
    assert "--give-up-after 0" in results.records[-2].message
    all_tried = Harness(new_run(seeds=6, name="all"), engine=ToyEngine(fails), breaker=Breaker(0))
    harness = all_tried
    assert {record.status for record in all_tried.execute().records} == {"OK", "FAILED(train)"}


def test_what_is_only_for_going_on_is_deleted_in_the_end(new_run) -> None:
    """Kills: checkpoints and photographs of earlier attempts that fill the disk; those of a failure deleted too."""
    told: list[str] = []

    def leaves(call):
        status, result = answer(call)
        if call.function == "trial":
            job = Job.model_validate_json(call.payload)
            (job.folder / "checkpoint.pt").write_bytes(b"0")
            (job.folder / "snapshots").mkdir()
            told.append(str(job.earlier))
            assert job.earlier is None or (job.earlier / "checkpoint.pt").exists()
            if len(told) <= 2:
                return "OK", Outcome(status="INTERRUPTED", message="stopped").model_dump_json()
            if "seed 1" in call.name:
                return "OK", Outcome(status="FAILED(sample)", message="no").model_dump_json()
        return status, result

    folder = new_run()
    results = Harness(folder, engine=ToyEngine(leaves)).execute()
    assert [record.status for record in results.records] == ["OK", "FAILED(sample)", "OK"]
    first, second = (folder.path / "trials" / results.records[number].trial.id for number in (0, 1))
    assert told == ["None", "None", str(first / "attempt-1"), str(second / "attempt-1")]
    assert list(folder.path.rglob("checkpoint.pt")) == []
    kept = [path.parents[1].name for path in folder.path.rglob("snapshots")]
    assert kept == [results.records[1].trial.id]


def test_order_does_not_matter(new_run) -> None:
    """Kills: a trial's numbers that depend on what ran before it."""
    folder = new_run(seeds=5)
    forwards = content(Harness(folder).execute())
    other = new_run(seeds=5, name="backwards")
    harness = Harness(other)
    harness.run._packed = lambda trials: list(reversed(trials))
    assert sorted(map(repr, content(harness.execute()))) == sorted(map(repr, forwards))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.lists(st.tuples(st.integers(1, 90), st.sampled_from(["kill", "torn"])), min_size=1, max_size=6))
def test_going_on_after_any_kills_equals_one_run(new_run, kills) -> None:
    """Kills: a state between two kills from which going on loses, repeats or changes something."""
    folder = new_run(name=f"killed-{secrets.token_hex(4)}")
    for number, fault in kills:
        in_child(lambda: _run(folder, FaultFS(number, fault)))  # noqa: B023
        assert validate(folder.path).problems == ()
    assert content(Harness(folder).execute()) == content(Harness(new_run(name="whole")).execute())


def test_f11_five_hundred_trials_leave_nothing_in_memory(new_run) -> None:
    """Kills: a supervisor that keeps what each trial told."""
    folder, seen = new_run(seeds=500), []

    def measured(call):
        if call.function == "trial":
            seen.append(psutil.Process().memory_info().rss)
        return answer(call)

    Harness(folder, engine=ToyEngine(measured)).execute()
    assert len(seen) == 500
    assert seen[-1] - seen[50] < 10e6


def _killed_after(folder: RunFolder, seconds: float) -> tuple[bool, set[str]]:
    """Run in a process, kill it after a while; return whether it was killed, and which trials it told as done."""
    news, told = os.pipe()
    child = os.fork()
    if child == 0:
        harness = Harness(folder)
        harness.done = lambda what, status: os.write(told, f"{what}\n".encode())
        harness.execute()
        os._exit(0)
    os.close(told)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(news) as lines:
        return os.WIFSIGNALED(status), {line.strip() for line in lines if "seed" in line or "probe" in line}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_f24_three_hundred_kills_at_random_moments(new_run) -> None:
    """Kills: a trial that is told as done before its record is on disk for good."""
    chance, kills, runs = random.Random(0), 0, 0
    whole = content(Harness(new_run(seeds=12, name="whole")).execute())
    while kills < 300:
        folder, acknowledged = new_run(seeds=12, name=f"killed-{runs}"), set[str]()
        runs += 1
        for _ in range(12):
            was_killed, told = _killed_after(folder, chance.uniform(0, 0.25))
            kills += was_killed
            acknowledged |= told
            assert validate(folder.path).problems == ()
            names = {Course(record.trial, folder.path).name for record in folder.read().records}
            assert acknowledged <= names
        assert content(Harness(folder).execute()) == whole
    print(f"{kills} kills over {runs} runs of {len(whole)} trials: no acknowledged record lost")
