"""One call at work, seen from outside: what it tells, how long it takes, how much it holds, how it is made to end."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from genbench.engines import family
from genbench.engines.call import HAND_OUTS, PHASE, PHASES, STOP, WORKER, Call, Ended, Progress, exceeded, overdue
from genbench.engines.frames import Frame, Garbled, Inlet
from genbench.engines.log import Log
from genbench.status import OK, status_of_exit

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from genbench.engines.order import Ends

HEEDFUL = ("trial", "probe")  # functions that stop by themselves at the next hand-out
STOPPED = ("INTERRUPTED", "genbench was asked to stop")
STACKS = 0.3  # seconds for a hung process to write where it stands
REPORTING = 6.0  # seconds from the worker's end to its minder's report
LEAVING = 10.0  # seconds from a whole result to the worker's end


@dataclass(frozen=True, slots=True)
class Minder:
    """A process that minds one worker at a time."""

    process: Any
    line: socket.socket  # for orders
    beat: Any  # memory shared with the workers


class Running:
    """A call at work.

    Args:
        call: what was asked.
        done: who is to be told.
        minder: of its worker.
        ends: the reading ends.
        token: in the environment of all that the call starts.
        device: that it was given.
        now: when it began.
    """

    def __init__(
        self,
        call: Call,
        done: Callable[[Ended], None],
        *,
        minder: Minder,
        ends: Ends,
        token: str,
        device: str | None,
        now: float,
    ) -> None:
        self.call = call
        self.done = done
        self.minder = minder
        self.token = token
        self.beat = minder.beat
        self.device = device
        self.was_asked = False  # to stop
        self.was_shared = False  # others were at work beside it
        self.side_by_side = 1  # the most calls at once on its device, or without one, itself included
        self.started = now
        self.is_free = False  # known at the end: whether its minder may take another call
        self._log, self._result, self._report = Log(), Frame(), Frame()
        sinks = (
            (ends.output, self._log.write),
            (ends.stacks, self._log.write_stacks),
            (ends.result, self._result.write),
            (ends.report, self._report.write),
        )
        self._inlets = [Inlet(end, write) for end, write in sinks]
        self._progress = Progress(PHASES[0], 0, now, now)
        self._relatives: list[int] = []
        self._peak = 0
        self._known = 0  # id of the worker
        self._verdict: tuple[str, str] | None = None  # status and reason of being killed
        self._steps: deque[tuple[float, Callable[[], None]]] = deque()  # when to do what to a call that has to end
        self._told_at: float | None = None

    @property
    def sources(self) -> list[Any]:
        """What becomes ready when there is news."""
        return [*(inlet.end for inlet in self._inlets if not inlet.end.closed), self.minder.process.sentinel]

    @property
    def has_ended(self) -> bool:
        """Whether the minder has reported, or can no longer."""
        return self._report.is_whole or not self.minder.process.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait for the end, at most so long."""
        until = time.monotonic() + seconds
        while not self.has_ended and time.monotonic() < until:
            connection.wait(self.sources, timeout=seconds)
            self.read()

    def read(self) -> None:
        """Take in what was printed and told."""
        for inlet in self._inlets:
            inlet.read()

    def look(self, now: float, parent_of: dict[int, int] | None) -> None:
        """See how far the call is, judge it by its limits, and carry on with its end if that was decided.

        Args:
            now: on the monotonic clock.
            parent_of: every process's parent, where it was looked up anew.
        """
        phase = PHASES[min(self.beat[PHASE], len(PHASES) - 1)]  # what is shared can be overwritten
        self._progress.see(phase, self.beat[HAND_OUTS], now)
        if self._result.is_whole and self._told_at is None:
            self._told_at = now
        if self._told_at is not None:
            if not self._steps and now - self._told_at > LEAVING:
                self._end_by((0.0, self.kill), now=now)
        elif self._verdict is None:
            self._judge(now, self._weigh(parent_of))
        while self._steps and now >= self._steps[0][0]:
            self._steps.popleft()[1]()

    def _judge(self, now: float, used: int) -> None:
        terminate = self.call.limits.terminate
        if verdict := exceeded(self._progress, self.call.limits, used):
            self._verdict = verdict
            self._end_by((0.0, self.kill), now=now)
        elif verdict := overdue(self._progress, self.call.limits, now):
            self._verdict = verdict
            self._end_by(
                (0.0, self._ask_for_stacks), (STACKS, self._terminate), (STACKS + terminate, self.kill), now=now
            )

    def interrupt(self, now: float, patience: float) -> None:
        """Ask the call to stop; one that does not heed is made to, at once or when patience ends."""
        self.beat[STOP], self.was_asked = 1, True
        if self._verdict is None and self._told_at is None:
            wait = patience if self.call.function in HEEDFUL else 0.0
            self._end_by((wait, self._give_up), (wait + self.call.limits.terminate, self.kill), now=now)

    def abandon(self) -> None:
        """Kill the call at once, as interrupted. Safe in a signal handler."""
        self._verdict = self._verdict or STOPPED
        self.kill()

    def kill(self) -> None:
        """Kill the worker's group; its minder sees to the rest."""
        self._signal(signal.SIGKILL)

    def _end_by(self, *steps: tuple[float, Callable[[], None]], now: float) -> None:
        last = steps[-1][0] + REPORTING
        self._steps = deque((now + after, do) for after, do in [*steps, (last, self.minder.process.kill)])

    def _give_up(self) -> None:
        if self._verdict is None and self._told_at is None:
            self._verdict = STOPPED
            self._terminate()

    def _terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def _ask_for_stacks(self) -> None:
        if worker := self._worker:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGUSR2)

    def _signal(self, number: signal.Signals) -> None:
        """Signal the worker's group; where there is none yet, have the minder kill the worker."""
        with suppress(ProcessLookupError, PermissionError):
            if (worker := self._worker) and hasattr(os, "killpg"):
                os.killpg(worker, number)
            else:
                self.minder.process.terminate()

    @property
    def _worker(self) -> int:
        """The worker's id, 0 until it is known: whatever else is written where it is told is nobody to be killed."""
        told = self.beat[WORKER]
        if not self._known and told and family.parent(told) == self.minder.process.pid:
            self._known = told
        return self._known

    def _weigh(self, parent_of: dict[int, int] | None) -> int:
        """Return the resident bytes of the worker and its descendants, and remember the most."""
        if parent_of is not None:
            below = family.descendants(self.minder.process.pid, parent_of)  # orphans come to the minder
            self._relatives = [pid for pid in below if pid != self._worker]
        used = family.resident([pid for pid in (self._worker,) if pid] + self._relatives)
        self._peak = max(self._peak, used)
        return used

    def finish(self, now: float, sweep: Callable[[], list[str]]) -> Ended:
        """Take what is left in the pipes and tell how the call ended; `sweep` kills what a lost minder did not."""
        self.read()
        report = self._reported()
        left = sweep() if report is None else report["left"]
        self.is_free = report is not None and report["stays"]
        if not self.is_free:
            self.minder.line.close()
            self.minder.process.join(REPORTING)
        status, message, result = self._decide(report)
        self._peak = max(self._peak, 0 if report is None else report["peak"])
        for inlet in self._inlets:
            inlet.end.close()
        return Ended(
            call=self.call,
            status=status,
            message=message,
            result=result,
            log_tail=self._keep_log(),
            phase=self._progress.phase,
            hand_outs=self._progress.hand_outs,
            seconds=now - self.started,
            was_shared=self.was_shared,
            was_asked=self.was_asked,
            peak_memory=self._peak or None,
            left_behind=tuple(left),
            device=self.device,
            side_by_side=self.side_by_side,
        )

    def _reported(self) -> dict[str, Any] | None:
        try:
            return self._report.message()
        except Garbled:  # the minder was killed while it wrote
            return None

    def _decide(self, report: dict[str, Any] | None) -> tuple[str, str | None, str | None]:
        """Return status, message and result."""
        if self._verdict is not None and not (self._verdict == STOPPED and self._result.is_whole):
            return (*self._verdict, None)
        try:
            answer = self._result.message()
        except Garbled as error:
            return "NO_RESULT", f"the process sent no result that can be read: {error}", None
        if answer is None and report is None and not self.beat[WORKER]:
            return "LOST", "its process ended before it began", None
        if answer is None:
            return (*status_of_exit(self.minder.process.exitcode or 0 if report is None else report["code"]), None)
        if "result" in answer:
            return OK, None, answer["result"]
        return answer["status"], answer["error"], None

    def _keep_log(self) -> str:
        """Write the log where it is wanted; return its tail. A full disk costs the file and not the call."""
        text, path = self._log.text(), self.call.log
        if path is not None and text:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                self._log.write(f"\n[this log could not be kept: {error}]\n".encode())
        return self._log.tail()
