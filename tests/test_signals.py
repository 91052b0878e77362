"""The first signal is noted, an echo of it is none, a later one ends the process at once; in forked processes."""

from __future__ import annotations

import os
import signal
import time
import weakref

import pytest

from genbench import signals
from genbench.signals import StopRequests


def _exit_code(work) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 143), ("SIGUSR1", 143)])
def test_the_first_is_noted(name: str, code: int) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)  # SIGHUP may be ignored here, under nohup
    with StopRequests() as stop:
        assert not stop.asked
        os.kill(os.getpid(), number)
        assert (stop.asked, stop.name, stop.code) == (True, name, code)
    assert signal.signal(number, before) is signal.SIG_DFL


class Box:
    """Something with a finaliser."""


def test_none_is_lost_in_a_finaliser() -> None:
    """Kills: a handler that raises, which Python ignores in a finaliser, so that the run goes on for hours."""
    with StopRequests() as stop:
        box = Box()
        weakref.finalize(box, os.kill, os.getpid(), signal.SIGINT)
        del box
        assert stop.asked


def test_an_echo_is_no_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: `timeout`, which signals its child and then the group, taken for an impatient user."""

    def twice() -> None:
        with StopRequests():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(7)

    assert _exit_code(twice) == 7


def test_the_second_ends_the_process_at_once(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a second signal that waits like the first, one that leaves the trials running."""
    monkeypatch.setattr(signals, "ECHO", 0.05)

    def impatient() -> None:
        with StopRequests(at_once=(tmp_path / "killed").touch):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)

    assert _exit_code(impatient) == 130
    assert (tmp_path / "killed").exists()


def test_nohup_is_respected() -> None:
    """Kills: a run under nohup that stops when the terminal is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequests() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.asked
    finally:
        signal.signal(signal.SIGHUP, before)
