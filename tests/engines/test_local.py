"""Calls in real processes: what reaches them, in which order they start, and how everything stops."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path

import psutil
import pytest

from genbench.engines import Call, Ended, Limits, LocalEngine, family
from genbench.engines.family import PR_GET_CHILD_SUBREAPER
from genbench.errors import Interrupted
from genbench.messages import Inspect

NOBODY = Inspect(name="nobody").model_dump_json()
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="orphans and /proc are Linux's")


def _call(name: str = "short", **changes: object) -> Call:
    """A call that ends at once, with an error on purpose."""
    return Call(name=name, function="inspect", payload=NOBODY, **changes)


def _settings(engine: LocalEngine, **changes: object) -> dict[str, str]:
    """Return what a process found in its environment."""
    ended = engine.call(Call(name="environment", function="environment", payload="cpu", **changes))
    assert ended.result is not None, ended.message
    return json.loads(ended.result)["settings"]


def _adopts() -> bool:
    found = ctypes.c_int()
    ctypes.CDLL(None).prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(found))
    return bool(found.value)


def test_every_engine_gives_its_own_threads_to_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: the threads of whichever engine started the fork server; a user's variable that wins over them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    for threads in (1, 2):
        with LocalEngine(1, threads) as engine:
            found = _settings(engine)
        assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == found["torch.threads"] == str(threads)
        assert found["OMP_WAIT_POLICY"] == "PASSIVE"
        assert family.TOKEN not in found
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_a_device_is_seen_by_the_call_that_has_it_and_no_other() -> None:
    """Kills: CUDA_VISIBLE_DEVICES of the call before, or set for calls that need none."""
    with LocalEngine(1, devices=("3",)) as engine:
        assert _settings(engine, needs_device=True)["CUDA_VISIBLE_DEVICES"] == "3"
        assert "CUDA_VISIBLE_DEVICES" not in _settings(engine)
        assert engine.call(_call(needs_device=True)).device == "3"
        assert engine.call(_call()).device is None
    with LocalEngine(1) as engine:
        assert "CUDA_VISIBLE_DEVICES" not in _settings(engine, needs_device=True)


@on_linux
def test_the_fork_server_has_not_touched_a_gpu() -> None:
    """Kills: a preload that starts CUDA, after which no fork can use it."""
    with LocalEngine(1) as engine:
        engine.call(_call())
        server = engine._nursery._server_pid
        assert "forkserver" in " ".join(psutil.Process(server).cmdline())
        opened = [str(each.readlink()) for each in Path(f"/proc/{server}/fd").iterdir()]
    assert not [each for each in opened if each.startswith("/dev/nvidia")]


def test_calls_are_made_and_told_in_order() -> None:
    order: list[str] = []

    def make(name: str) -> Call:
        order.append(f"made {name}")
        return _call(name)

    def done(ended: Ended) -> None:
        order.append(f"told {ended.call.name}")

    with LocalEngine(1) as engine:
        engine.submit_later(lambda: make("a"), done)
        engine.submit_later(lambda: order.append("nothing"), done)
        engine.submit_later(lambda: make("b"), done, alone=True)
        engine.submit(_call("first"), done, first=True)
        engine.drain()
        assert 0 < engine.busy_share() <= 1
    assert order == ["told first", "made a", "told a", "nothing", "made b", "told b"]


def test_an_exclusive_call_shares_with_nobody() -> None:
    """Kills: two workers that begin an exclusive call and another at once."""
    ended: list[Ended] = []
    with LocalEngine(2) as engine:
        for name in ("a", "b", "alone", "c", "d"):
            engine.submit(_call(name, is_exclusive=name == "alone"), ended.append)
        engine.drain()
    assert [each.call.name for each in ended if not each.was_shared] == ["alone"]
    assert ended[2].call.name == "alone"


def test_asking_to_stop_stops_everything_and_tells_it() -> None:
    """Kills: calls that are never told; one that answers by asking again, and sinks in its own recursion."""
    told: list[tuple[str, str]] = []
    again = iter(range(2000))

    def done(ended: Ended) -> None:
        told.append((ended.call.name, ended.status))
        if (number := next(again, None)) is not None:
            engine.submit(_call(str(number)), done)

    with LocalEngine(1, asked_to_stop=lambda: bool(engine._running)) as engine:
        for name in ("runs", "waits"):
            engine.submit(_call(name), done)
        engine.submit_later(lambda: told.append(("made", "")), done)
        with pytest.raises(Interrupted):
            engine.drain()
        assert len(told) == 2002
        assert {status for name, status in told if name != "runs"} == {"INTERRUPTED"}  # that one may have been told
        engine.submit(_call("late"), done)
        assert told[-1] == ("late", "INTERRUPTED")
        with pytest.raises(Interrupted):
            engine.drain()


def test_killing_all_is_told_as_an_interruption() -> None:
    """Kills: a second Ctrl-C that publishes a crash."""
    ended: list[Ended] = []
    with LocalEngine(2) as engine:
        engine.submit(_call(), ended.append)
        engine.submit_later(engine.kill_all, print)  # as soon as the first has started
        engine.drain()
    assert [(each.status, each.result) for each in ended] == [("INTERRUPTED", None)]


@on_linux
def test_leaving_in_the_middle_leaves_nothing() -> None:
    """Kills: processes that outlive an engine which an exception has left; a setting that stays behind."""
    before = _adopts()

    def fail() -> bool:
        if engine._running:
            assert _adopts()
            raise RuntimeError("in the middle")
        return False

    with LocalEngine(2, asked_to_stop=fail) as engine:
        for _ in range(4):
            engine.submit(_call(), print)
        with pytest.raises(RuntimeError, match="in the middle"):
            engine.drain()
        minders = [each.minder.process.pid for each in engine._running]
        assert minders
    assert not any(psutil.pid_exists(pid) for pid in minders)
    assert _adopts() == before


@on_linux
def test_an_idle_minder_that_was_killed_is_replaced() -> None:
    """Kills: an order that is given to a dead process."""
    with LocalEngine(1) as engine:
        engine.call(_call())
        (minder,) = engine._nursery._idle
        os.kill(minder.process.pid, 9)
        minder.process.join()
        assert engine.call(_call()).status == "USAGE"


def test_a_limit_of_memory_is_enough_for_what_it_is_enough_for() -> None:
    """Kills: a limit that counts what was there before the call began."""
    with LocalEngine(1) as engine:
        ended = engine.call(_call(limits=Limits(memory=2**30)))
    assert ended.status == "USAGE"
    assert 2**20 < ended.peak_memory < 2**30


def test_an_engine_knows_when_it_asks_too_much() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert not LocalEngine(1, cores).was_oversubscribed
    assert LocalEngine(2, cores).was_oversubscribed
    assert LocalEngine(1).busy_share() == 0


def test_calls_that_tell_what_they_take_share_a_device_and_others_do_not() -> None:
    """Kills: one call a device whatever is asked; a record that says alone of calls side by side."""
    ended: list[Ended] = []
    with LocalEngine(3) as engine:
        engine.use(("3",), most=2)
        for name, size in (("a", 0), ("b", 0), ("c", 0), ("all", None)):
            engine.submit(_call(name, needs_device=True, device_bytes=size), ended.append)
        engine.submit(_call("cpu"), ended.append)
        engine.drain()
        assert engine.packed_share() == pytest.approx(engine.busy_share(), rel=0.1)
    assert {each.device for each in ended if each.call.needs_device} == {"3"}
    beside = {each.call.name: each.side_by_side for each in ended}
    assert beside.pop("c") <= 2  # it may begin when the two before it have ended
    assert beside == {"a": 2, "b": 2, "all": 1, "cpu": 1}


def test_time_alone_is_no_time_that_others_lose() -> None:
    """Kills: workers called idle because a call had the machine to itself."""
    with LocalEngine(4) as engine:
        assert engine.packed_share() == 1
        for _ in range(3):
            engine.submit(_call(is_exclusive=True), lambda ended: None)
        engine.drain()
        assert engine.busy_share() < 0.3
        for _ in range(4):
            engine.submit(_call(), lambda ended: None)
        engine.drain()
        assert engine.packed_share() > engine.busy_share()
