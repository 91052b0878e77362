"""What becomes of a call, decided from what its pipes told and when, without any process."""

from __future__ import annotations

import os
from contextlib import ExitStack
from multiprocessing import Pipe
from typing import TYPE_CHECKING

import pytest

from genbench.engines import Call, Limits, family
from genbench.engines.call import BEAT, STOP, WORKER
from genbench.engines.frames import pack
from genbench.engines.order import Ends
from genbench.engines.process import LEAVING, REPORTING, Minder, Running

if TYPE_CHECKING:
    from pathlib import Path

RESULT = pack({"result": "told"})
LIMITS = Limits(hook=10, terminate=2)


class Process:
    """A minder that notes what is done to it."""

    def __init__(self) -> None:
        self.pid, self.exitcode, self.done = 2**30, -9, []
        self.sentinel, self._other = os.pipe()

    def is_alive(self) -> bool:
        return True

    def join(self, timeout: float) -> None:
        self.done.append("join")

    def terminate(self) -> None:
        self.done.append("terminate")

    def kill(self) -> None:
        self.done.append("kill")

    def close(self) -> None:
        os.close(self.sentinel)
        os.close(self._other)


class Line:
    def close(self) -> None:
        """Hang up."""


class Fake:
    """A running call whose pipes a test writes to."""

    def __init__(self, stack: ExitStack, function: str = "judge", log: Path | None = None) -> None:
        pipes = [Pipe(duplex=False) for _ in range(4)]
        self.result, self.output, self.stacks, self.report = (each[1] for each in pipes)
        self.process = Process()
        self.beat = [0] * BEAT
        call = Call(name="it", function=function, payload="", limits=LIMITS, log=log)
        ends = Ends(*(each[0] for each in pipes))
        minder = Minder(self.process, Line(), self.beat)
        self.running = Running(call, print, minder=minder, ends=ends, token="t", device=None, now=0.0)
        for end in (self.process, *(end for pipe in pipes for end in pipe)):
            stack.callback(end.close)

    def tell(self, data: bytes) -> None:
        os.write(self.result.fileno(), data)
        self.running.read()

    def look(self, now: float) -> list[str]:
        """Return what was done to the process by then."""
        self.running.look(now, None)
        return self.process.done

    def end(self, code: int | None = 0):
        if code is not None:
            os.write(self.report.fileno(), pack({"code": code, "peak": 5, "left": ["7 sleep"], "stays": True}))
        return self.running.finish(99.0, lambda: ["swept"])


@pytest.fixture
def fake():
    with ExitStack() as stack:
        yield lambda *arguments: Fake(stack, *arguments)


def test_a_result_is_a_result(fake) -> None:
    call = fake()
    call.tell(RESULT)
    ended = call.end()
    assert (ended.status, ended.result, ended.left_behind, ended.peak_memory) == ("OK", "told", ("7 sleep",), 5)


@pytest.mark.parametrize(
    ("told", "code", "status"),
    [
        (b"", 0, "NO_RESULT"),
        (RESULT[:-1], 0, "NO_RESULT"),
        (RESULT + b"x", 0, "NO_RESULT"),
        (b"rubbish", -11, "NO_RESULT"),
        (b"", -11, "CRASHED(SIGSEGV)"),
        (b"", -40, "CRASHED(signal 40)"),
        (pack({"error": "no such model", "status": "USAGE"}), 0, "USAGE"),
        (pack({"error": "broken", "status": "FAULT"}), 0, "FAULT"),
    ],
)
def test_without_a_whole_result_there_is_none(fake, told: bytes, code: int, status: str) -> None:
    """Kills: exit code 0 as success; a frame that is cut short, too long or forged."""
    call = fake()
    if told:
        call.tell(told)
    ended = call.end(code)
    assert (ended.status, ended.result) == (status, None)


def test_nobody_is_killed_who_is_no_worker(fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a plugin that writes 1 where its process is told, so that process 1 is killed at its limit."""
    signalled = []
    monkeypatch.setattr(os, "killpg", lambda pid, number: signalled.append(pid))
    monkeypatch.setattr(os, "kill", lambda pid, number: signalled.append(pid))
    monkeypatch.setattr(family, "parent", {1: 0, 77: 2**30}.get)
    call = fake()
    call.beat[WORKER] = 1
    assert call.look(13.0) == [] and call.look(16.0) == ["terminate", "terminate"]
    assert signalled == []
    call = fake()
    call.beat[WORKER] = 77  # a child of the minder
    call.look(9.0)
    call.beat[WORKER] = 1
    call.look(13.0)
    call.look(16.0)
    assert set(signalled) == {77}


def test_what_was_told_before_a_limit_stands(fake) -> None:
    """Kills: a process that is slow to leave, and takes its result with it."""
    call = fake()
    call.tell(RESULT)
    assert call.look(5.0) == []
    assert call.look(5.1 + LEAVING) == ["terminate"]  # which a minder answers by killing
    assert call.end(-9).status == "OK"


def test_what_is_told_after_a_limit_does_not_count(fake) -> None:
    call = fake()
    assert call.look(10.1) == []
    call.tell(RESULT)
    assert call.end(-9).status == "TIMEOUT"


def test_a_limit_asks_terminates_kills_and_gives_up_on_the_minder(fake) -> None:
    """Kills: a step of the ladder that is left out; a minder that is waited for without end."""
    call = fake()
    assert call.look(10.1) == []
    assert call.look(10.5) == ["terminate"]
    assert call.look(12.5) == ["terminate"] * 2
    assert call.look(12.5 + REPORTING) == ["terminate", "terminate", "kill"]
    ended = call.end(None)
    assert (ended.status, ended.left_behind) == ("TIMEOUT", ("swept",))


def test_a_trial_is_asked_to_stop_and_its_word_is_heard(fake) -> None:
    """Kills: an interrupted trial whose outcome is thrown away."""
    call = fake("trial")
    call.running.interrupt(1.0, 5.0)
    assert call.beat[STOP] == 1
    assert call.look(5.9) == []
    call.tell(RESULT)
    assert call.look(7.0) == []
    assert call.end().result == "told"


@pytest.mark.parametrize(("function", "patience"), [("trial", 5.0), ("probe", 5.0), ("judge", 0.0)])
def test_who_does_not_stop_is_stopped(fake, function: str, patience: float) -> None:
    """Kills: waiting for a judge that cannot heed; a trial that is killed before its time."""
    call = fake(function)
    call.running.interrupt(1.0, 5.0)
    assert call.look(0.99 + patience) == []
    assert call.look(1.0 + patience) == ["terminate"]
    assert call.look(3.0 + patience) == ["terminate"] * 2
    assert call.end(-15).status == "INTERRUPTED"


def test_who_is_abandoned_was_interrupted(fake) -> None:
    """Kills: a second Ctrl-C that publishes a crash."""
    call = fake("trial")
    call.running.abandon()
    assert call.end(-9).status == "INTERRUPTED"


def test_who_is_abandoned_with_a_result_in_the_pipe_has_a_result(fake) -> None:
    """Kills: a finished trial that is run again, because a second Ctrl-C came while its process was leaving."""
    call = fake("trial")
    call.tell(RESULT)
    call.running.abandon()
    assert call.end(-9).result == "told"


def test_a_call_that_never_began_is_lost(fake) -> None:
    assert fake().end(None).status == "LOST"


def test_a_log_that_cannot_be_kept_costs_no_result(fake, tmp_path: Path) -> None:
    """Kills: a full disk that ends the run in the middle of other trials."""
    (tmp_path / "file").touch()
    call = fake("trial", tmp_path / "file" / "log.txt")
    os.write(call.output.fileno(), b"a word")
    call.tell(RESULT)
    ended = call.end()
    assert ended.status == "OK"
    assert "this log could not be kept" in ended.log_tail
