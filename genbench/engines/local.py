"""The local engine: a fresh process for every call, from a fork server that has torch loaded already."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from genbench.engines import child
from genbench.engines.call import BEAT, PHASES, Call, Ended, Progress, overdue
from genbench.engines.log import Log
from genbench.errors import HarnessFault
from genbench.status import OK, status_of_exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from types import FrameType, TracebackType

PRELOADED = ["torch", "torch._dynamo", "genbench.cli", "genbench.trial", "genbench.probe", "genbench.judging"]
LOOK = 0.1  # seconds between two looks at the limits
LARGEST = 64 * 2**20  # bytes of a result


@dataclass(slots=True)
class _Running:
    """A process at work."""

    call: Call
    done: Callable[[Ended], None]
    process: Any
    result: Connection
    output: Connection
    beat: Any
    started: float
    progress: Progress
    was_shared: bool
    log: Log = field(default_factory=Log)
    answer: dict[str, Any] | None = None
    verdict: tuple[str, str] | None = None  # status and reason of being killed
    killed_at: float | None = None


class LocalEngine:
    """Run calls on this machine, `workers` at a time, exclusive ones alone.

    Args:
        workers: processes side by side.
        threads: of each.
    """

    def __init__(self, workers: int, threads: int = 1) -> None:
        self.workers = workers
        self._threads = threads
        self._waiting: deque[tuple[Call, Callable[[Ended], None]]] = deque()
        self._running: list[_Running] = []
        self._context: Any = None
        self._was_interrupted = False
        self._handler: Any = None

    def __enter__(self) -> LocalEngine:
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGINT, self._note)
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload(PRELOADED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for running in self._running:
            _signal_group(running.process, signal.SIGKILL)
            running.process.join()
        self._running.clear()
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Remember an interrupt until it can be raised; a second one is raised at once.

        Raised wherever it arrives, it is lost in a finaliser, from which Python lets nothing out.
        """
        if self._was_interrupted:
            raise KeyboardInterrupt
        self._was_interrupted = True

    @property
    def busy(self) -> int:
        """How many calls are running or waiting."""
        return len(self._running) + len(self._waiting)

    def submit(self, call: Call, done: Callable[[Ended], None], *, first: bool = False) -> None:
        """Queue a call; `done` is told how it ended, and may submit more. `first` puts it before what waits."""
        (self._waiting.appendleft if first else self._waiting.append)((call, done))

    def drain(self) -> None:
        """Run until nothing waits or runs.

        Raises:
            KeyboardInterrupt: the user asked to stop, at whatever moment.
        """
        while self._waiting or self._running:
            if self._was_interrupted:
                raise KeyboardInterrupt
            self._start_what_fits()
            self._listen()
            for running in list(self._running):
                self._watch(running)

    def call(self, call: Call) -> Ended:
        """Run one call to its end."""
        ended: list[Ended] = []
        self.submit(call, ended.append, first=True)
        self.drain()
        return ended[0]

    def _start_what_fits(self) -> None:
        while self._waiting and len(self._running) < self.workers:
            is_exclusive = self._waiting[0][0].is_exclusive
            if self._running and (is_exclusive or self._running[0].call.is_exclusive):
                return
            self._start(*self._waiting.popleft())

    def _start(self, call: Call, done: Callable[[Ended], None]) -> None:
        result, result_in = self._context.Pipe(duplex=False)
        output, output_in = self._context.Pipe(duplex=False)
        beat = self._context.RawArray("Q", BEAT)
        process = self._context.Process(
            target=child.main, args=(call.function, call.payload, result_in, output_in, beat), name=call.name
        )
        now = time.monotonic()
        with _environment(self._threads):
            process.start()
        result_in.close()
        output_in.close()
        os.set_blocking(output.fileno(), False)
        shared = bool(self._running)
        for other in self._running:
            other.was_shared = True
        progress = Progress(PHASES[0], 0, now, now)
        self._running.append(_Running(call, done, process, result, output, beat, now, progress, shared))

    def _listen(self) -> None:
        """Wait for news, at most until the next look, and read what was printed and sent."""
        sources = [x for r in self._running for x in (r.output, r.result, r.process.sentinel) if not _is_closed(x)]
        ready = connection.wait(sources, timeout=LOOK)
        for running in self._running:
            if running.output in ready:
                _read_output(running)
            if running.result in ready:
                _read_result(running)

    def _watch(self, running: _Running) -> None:
        now = time.monotonic()
        running.progress.see(PHASES[running.beat[1]], running.beat[0], now)
        if not running.process.is_alive():
            self._finish(running, now)
        elif running.killed_at is None:
            running.verdict = overdue(running.progress, running.call.limits, now)
            if running.verdict:
                running.killed_at = now
                _signal_group(running.process, signal.SIGTERM)
        elif now - running.killed_at > running.call.limits.terminate:
            _signal_group(running.process, signal.SIGKILL)

    def _finish(self, running: _Running, now: float) -> None:
        _signal_group(running.process, signal.SIGKILL)  # whatever the process left behind in its group
        _read_result(running)
        _read_output(running)
        running.process.join()
        self._running.remove(running)
        status, message, result = _verdict(running)
        if running.call.log is not None and running.log.text():
            running.call.log.parent.mkdir(parents=True, exist_ok=True)
            running.call.log.write_text(running.log.text(), encoding="utf-8")
        running.done(
            Ended(
                call=running.call,
                status=status,
                message=message,
                result=result,
                log_tail=running.log.tail(),
                phase=running.progress.phase,
                hand_outs=running.progress.hand_outs,
                seconds=now - running.started,
                was_shared=running.was_shared,
            )
        )


def _verdict(running: _Running) -> tuple[str, str | None, str | None]:
    """Return status, message and result of a process that has ended."""
    if running.verdict is not None:
        return (*running.verdict, None)
    if running.answer is None:
        return (*status_of_exit(running.process.exitcode), None)
    if "result" in running.answer:
        return OK, None, running.answer["result"]
    return ("USAGE" if running.answer["is_usage"] else "FAULT"), running.answer["error"], None


def _read_output(running: _Running) -> None:
    try:
        while data := os.read(running.output.fileno(), 65_536):
            running.log.write(data)
        running.output.close()
    except (BlockingIOError, OSError):
        return


def _read_result(running: _Running) -> None:
    if running.result.closed:
        return
    try:
        if running.result.poll():
            running.answer = json.loads(running.result.recv_bytes(LARGEST))
            running.result.close()
    except (EOFError, OSError, ValueError):
        running.result.close()


def _is_closed(source: object) -> bool:
    return isinstance(source, connection.Connection) and source.closed


def _signal_group(process: Any, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        if process.is_alive():  # it has not made its group yet
            os.kill(process.pid, number)
    except PermissionError as error:  # pragma: no cover
        raise HarnessFault(f"cannot signal process {process.pid}") from error


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Set what a process must find when it starts: passive waiting, threads, an allocator that keeps its pages."""
    wanted = {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONHASHSEED": "0",
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**40),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
