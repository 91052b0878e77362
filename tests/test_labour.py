"""Processor seconds of others: threads, children and theirs, and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from genbench.labour import LEAST, Labour

if TYPE_CHECKING:
    from collections.abc import Iterator

SPIN = "print(flush=True)\nwhile True: pass"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPIN!r}])"


def _work(seconds: float) -> None:
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


def _in_thread(name: str, seconds: float) -> None:
    thread = threading.Thread(target=_work, args=(seconds,), name=name)
    thread.start()
    thread.join()


@contextmanager
def _child(*command: str) -> Iterator[None]:
    """A process that has begun to spin, with all that it started."""
    with subprocess.Popen([sys.executable, "-c", *command], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _until_worked(labour: Labour, seconds: float, patience: float = 10.0) -> float:
    before, deadline = labour.look(), time.monotonic() + patience
    while labour.since(before) < seconds and time.monotonic() < deadline:
        time.sleep(0.01)
    return labour.since(before)


def test_threads_count_and_the_caller_does_not() -> None:
    """Kills: own work, or none, taken for that of others."""
    labour = Labour()
    before = labour.look()
    _work(0.05)
    assert labour.since(before) < LEAST
    _in_thread("worker", 0.05)
    assert 0.05 <= labour.since(before) < 0.1


def test_tidying_up_is_free() -> None:
    """Kills: a share of wall time, which a busy machine makes so long that nobody can have worked that much of it."""
    labour = Labour()
    before = labour.look()
    _work(0.3)
    _in_thread("tidies", 0.03)
    assert labour.beside(before) == 0.0
    _in_thread("works", 0.05)
    assert labour.beside(before) >= 0.08
    time.sleep(0.2)  # this thread waits: for a disk, or because others are run
    assert labour.beside(before) >= 0.08


@pytest.mark.skipif(sys.platform != "linux", reason="clocks of threads are read on Linux alone")
def test_what_fetches_rows_for_the_harness_does_not() -> None:
    labour, done, release = Labour(), threading.Event(), threading.Event()
    fetching = threading.Thread(target=lambda: (_work(0.05), done.set(), release.wait()), name="genbench-feed_0")
    before = labour.look()
    fetching.start()
    done.wait()
    worked = labour.since(before)
    release.set()
    fetching.join()
    assert worked < LEAST


def test_threads_of_torch_work_for_the_caller() -> None:
    """Kills: the second thread of a copy held against the model whose photograph it is."""
    labour = Labour(threads=2)
    before = labour.look()
    _work(0.05)
    _in_thread("helps", 0.05)
    assert labour.since(before) < LEAST


@pytest.mark.parametrize("code", [SPIN, PARENT], ids=["child", "grandchild"])
def test_descendants_count(code) -> None:
    with _child(code):
        assert _until_worked(Labour(), 0.05) >= 0.05


def test_the_compilers_of_torch_do_not() -> None:
    """Kills: a compiled model marked because torch warms up its compile workers beside it."""
    with _child(SPIN, "torch/_inductor/compile_worker"):
        assert _until_worked(Labour(), 0.05, patience=0.3) < LEAST


def test_who_goes_on_is_seen_and_who_ends_is_not() -> None:
    labour, stop = Labour(), threading.Event()
    assert not labour.goes_on(labour.look())
    assert labour.settle(1.0) == 0.0

    def spin() -> None:
        while not stop.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        assert labour.goes_on(labour.look())
        assert 0.2 <= labour.settle(0.2) < 5
    finally:
        stop.set()
        thread.join()
    assert not labour.goes_on(labour.look())
