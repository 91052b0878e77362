"""Work that the charged clock must not miss, speed that is not real, and files that are none of a plugin's."""

from __future__ import annotations

import builtins
import io
import os
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genbench import snapshots
from genbench.audit import LISTED, Audit
from genbench.budget import Budget
from genbench.labour import Labour
from genbench.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKS = (0.25, 0.5, 0.75)
WINDOW = 0.15  # seconds


@pytest.fixture(autouse=True)
def _importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Find the toys; let no thread of theirs work into the next test."""
    monkeypatch.syspath_prepend(str(toys))
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(60)


def _work(seconds: float) -> None:
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


def _in_thread(function) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def _slow_photographs(monkeypatch, pause) -> None:
    original = snapshots.photograph

    def photograph(model, path):
        pause()
        return original(model, path)

    monkeypatch.setattr(snapshots, "photograph", photograph)


def _while_others_work() -> None:
    """Wait until others have worked 50 ms, which a busy machine may make long."""
    labour, deadline = Labour(), time.monotonic() + 10
    before = labour.look()
    while labour.since(before) < 0.05 and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.parametrize("by", ["thread", "process"])
def test_f22_work_while_the_meter_is_paused_is_charged(attempt, monkeypatch, by) -> None:
    """Kills: free work in a thread; free work in a child, which costs this process nothing; a mark without a charge."""
    _slow_photographs(monkeypatch, _while_others_work)
    outcome, _ = attempt("works_beside", "tiny", marks=MARKS, options={"by": by, "lingers": 0.0})
    (told,) = outcome.warnings
    assert told.startswith("worked ") and "off the clock, while photographs were taken: charged" in told
    assert outcome.spend.seconds > 4 * 0.05  # three marks and the end; the steps themselves take no time


def test_f22_own_work_while_paused_is_not(attempt, monkeypatch) -> None:
    """Kills: counting the calling thread, or waiting; the harness's own photographs charged to every model."""
    _slow_photographs(monkeypatch, lambda: (_work(0.05), time.sleep(0.05)))
    outcome, _ = attempt("null", "tiny", marks=MARKS)
    assert outcome.warnings == ()
    assert outcome.spend.seconds < 0.2 + outcome.spend.setup_seconds


def test_f22_work_after_the_return_is_marked(attempt) -> None:
    """Kills: a training that goes on in a thread while its model is photographed for the last time."""
    outcome, _ = attempt("works_beside", "tiny", options={"lingers": 0.5})
    assert "goes on working after `train` returned" in outcome.warnings


def test_f22_a_state_that_trains_while_it_is_looked_at_fails(attempt) -> None:
    """Kills: free updates at every photograph, which are neither charged nor told."""
    outcome, _ = attempt("trains_elsewhere", "tiny", marks=MARKS, options={"where": "state_dict"})
    assert outcome.status == "FAILED(contract)"
    assert "`state_dict` updated the model, off the clock" in outcome.message


@pytest.mark.parametrize(("where", "is_seen"), [("sample", True), ("sample by hand", False)])
def test_f22_a_draw_that_trains_is_told(attempt, where, is_seen) -> None:
    """Kills: samples of a model that was trained further while they were drawn, and nobody knows."""
    outcome, _ = attempt("trains_elsewhere", "tiny", options={"where": where})
    seen = ("`sample` updated model off the clock: train in `train` alone",) if is_seen else ()
    changed = "`sample` changed the model's state, off the clock: change it in `train` alone"
    assert outcome.warnings == (*seen, changed)


@pytest.mark.parametrize(
    ("model", "data"), [("vae", "digits"), ("gan", "ring8"), ("null", "tiny"), ("memory", "digits")]
)
def test_f22_the_honest_are_not_marked(attempt, model, data) -> None:
    outcome, _ = attempt(model, data, marks=MARKS)
    assert (outcome.status, outcome.warnings) == ("OK", ())


def _probe(attempt, model, **options):
    outcome, _ = attempt(model, "tiny", purpose="probe", options=options)
    assert outcome.status == "OK", outcome.message
    return outcome.probe.examples_per_second, outcome.warnings


@pytest.mark.parametrize("by", ["itself", "thread"])
def test_f23_speed_is_that_of_the_work_and_not_of_the_taking(attempt, by) -> None:
    """Kills: windows alone, which show how fast hand-outs are counted; a look at `train` alone, which has returned."""
    speeds, warnings = _probe(attempt, "queues", by=by, seconds=1.0)
    assert len(speeds) == 1
    assert [each for each in warnings if each.startswith("took in batches faster than it worked on them")]


def test_f23_an_honest_speed_keeps_its_windows(attempt) -> None:
    speeds, warnings = _probe(attempt, "null", sleep=0.001)  # slow is no fault
    assert len(speeds) > 1
    assert warnings == ()


def _windows(rates, *, after=0.0, at_once=0, worked=None) -> Windows:
    """Windows of hand-outs at `rates` a second; `after` seconds of work at the end, `at_once` taken before a gap."""
    windows, handed, now = Windows(WINDOW / 2), 0, 0.0
    for rate in rates:
        handed, now = handed + round(rate * WINDOW), now + WINDOW
        windows.note(handed, now)
    windows.worked = list(windows.worked if worked is None else [each * worked for _, each in windows.edges])
    windows.end = (handed, now + after)
    return windows


def test_f23_what_windows_do_not_show() -> None:
    """Kills: accusing a model whose windows scatter, or which the machine did not run; missing work between windows."""
    steady = [1000] * (1 + 10)
    assert _windows(steady, worked=1.0).sustained(8, is_host=True) is None
    assert _windows(steady, worked=1.0, after=0.04).sustained(8, is_host=True) is None
    late = _windows(steady, worked=1.0, after=1.5).sustained(8, is_host=True)
    assert late == pytest.approx(8 * 1000 / 2, rel=0.01)
    halting = [*[1000] * (1 + 6), *[100] * 4]  # most windows are fast, and the rest is no noise
    assert _windows(halting, worked=1.0).sustained(8, is_host=True) == pytest.approx(8 * 640, rel=0.01)
    assert _windows(halting, worked=0.5).sustained(8, is_host=True) is None  # not run for half of the time
    assert _windows(halting, worked=0.5).sustained(8, is_host=False) is not None


def test_f23_a_queue_in_a_trial_is_late(attempt) -> None:
    outcome, _ = attempt("queues", "tiny", options={"seconds": 0.3})
    assert outcome.status == "OVER_BUDGET"
    assert outcome.spend.overrun.seconds >= 0.3


def test_f15_a_slow_step_exceeds_a_budget_in_seconds(attempt) -> None:
    """Kills: a budget that ends whenever the plugin asks again; an overrun counted from that moment only."""
    budget = Budget(0.5, "seconds")
    outcome, folder = attempt("slow_step", "tiny", budget=budget, options={"after": 20, "seconds": 1.5})
    assert outcome.status == "OVER_BUDGET", outcome.message
    assert 0.9 < outcome.spend.overrun.seconds < outcome.spend.seconds - 0.5 + 0.01
    assert [mark.fraction for mark in outcome.marks] == [1.0]
    assert {path.name for path in (folder / "snapshots").iterdir()} == {"1.000000.pt"}  # nothing later is scored
    honest, _ = attempt("slow_step", "tiny", budget=budget, options={"after": 1, "seconds": 0.01})
    assert honest.status == "OK", honest.message


def test_f21_protected_files_that_are_opened_are_named(attempt, tmp_path, monkeypatch) -> None:
    """Kills: paths compared as they were written, so that a link or a relative path hides what was opened."""
    secret = tmp_path / "cache" / "held_out" / "rows.npy"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(b"123")
    (tmp_path / "harmless").symlink_to(secret.parent)
    (tmp_path / "cache-too").write_bytes(b"123")  # a longer name is another name
    monkeypatch.chdir(tmp_path)
    options = {"train": "harmless/rows.npy", "sample": str(secret)}
    outcome, _ = attempt("reads_along", "tiny", options=options, protected=(tmp_path / "cache", tmp_path / "x"))
    named = "opened 1 protected file: …/cache/held_out/rows.npy"
    assert outcome.warnings == (f"`train` {named}", f"`sample` {named}")
    options = {"train": "cache-too", "sample": ""}
    assert attempt("reads_along", "tiny", options=options, protected=(secret.parents[1],))[0].warnings == ()


def test_f21_the_harness_and_the_own_folder_may(attempt, tmp_path) -> None:
    """Kills: the harness's own reading of train rows and photographs held against the model."""
    options = {"train": str(tmp_path / "attempt-0" / "snapshots" / "0.250000.pt"), "sample": ""}
    outcome, _ = attempt("reads_along", "tiny", marks=MARKS, options=options)  # protects the cache and all attempts
    assert (outcome.status, outcome.warnings) == ("OK", ())
    outcome, _ = attempt("reads_along", "tiny", marks=MARKS, options=options)
    assert outcome.warnings == ("`train` opened 1 protected file: …/attempt-0/snapshots/0.250000.pt",)


@pytest.mark.parametrize(
    "read",
    [
        lambda path: path.read_bytes(),
        lambda path: open(file=path, mode="rb").close(),  # noqa: PTH123
        lambda path: os.close(os.open(str(path), os.O_RDONLY)),
        lambda path: np.load(path, mmap_mode="r"),
        lambda path: np.fromfile(path, np.uint8),
        lambda path: _in_thread(path.read_bytes),
    ],
)
def test_f21_every_door_is_watched(tmp_path, read) -> None:
    """Kills: a door that is forgotten, or left as it was changed."""
    doors = (builtins.open, io.open, os.open)
    np.save(tmp_path / "rows.npy", np.zeros(3))
    audit = Audit((tmp_path / "rows.npy",))
    with audit.armed():
        read(tmp_path / "rows.npy")
    assert audit.told().startswith("opened 1 protected file: …/")
    read(tmp_path / "rows.npy")
    assert audit.told() is None
    assert (builtins.open, io.open, os.open) == doors


def test_f21_many_files_are_counted(tmp_path) -> None:
    audit = Audit((tmp_path,))
    for number in range(LISTED + 3):
        audit.note(str(tmp_path / f"{number}.npy"))
        audit.note(f"{tmp_path}/{number}.py")
    told = audit.told()
    assert told.startswith(f"opened {LISTED + 3} protected files: ")
    assert told.endswith(" and 3 more") and told.count(".npy") == LISTED
    assert audit.told() is None
