"""What an engine takes and gives, and how long a call may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PHASES = ("start", "build", "train", "return", "sample")  # beat[PHASE] is an index into these
HAND_OUTS, PHASE, STOP, WORKER = range(4)  # places of `beat`, the memory that supervisor and process share
BEAT = 4  # hand-outs so far; the phase; non-zero: stop at the next hand-out; the id of the process that works


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a call may take, mostly seconds of wall time; all settable."""

    hook: float = 600.0  # for build, sample and everything that is not training
    first: float = 600.0  # before the second hand-out: compilation
    stall: float = 120.0  # without a hand-out
    deadline: float | None = None  # for the whole of training; only for budgets in seconds
    hand_outs: int | None = None  # of the whole budget, where it is counted in them: no seconds, but what may be taken
    finish: float = 10.0  # for `train` to return after the stream's end, or
    finish_share: float = 0.05  # this share of the training, if that is longer
    terminate: float = 2.0  # between SIGTERM and SIGKILL
    memory: int | None = None  # bytes of resident host memory, summed over a call's process and its descendants


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of genbench to run in a process of its own; everything crosses as JSON."""

    name: str  # for people: "gan on digits, seed 3"
    function: str  # a name of genbench.engines.child.FUNCTIONS
    payload: str
    log: Path | None = None  # where what it printed goes
    limits: Limits = field(default_factory=Limits)
    is_exclusive: bool = False  # alone on the machine
    needs_device: bool = False  # for its whole time; where the engine was given devices
    device_bytes: int | None = None  # the most that it takes of the device's memory; None: it has the device to itself
    is_patient: bool = False  # calls that run alone may go before it, until several such can run side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call ended. `result` is there exactly when `status` is OK."""

    call: Call
    status: str
    message: str | None
    result: str | None
    log_tail: str
    phase: str
    hand_outs: int
    seconds: float
    was_shared: bool  # other calls ran beside it
    was_asked: bool = False  # to stop
    peak_memory: int | None = None  # bytes of host memory, descendants included, as seen from outside
    left_behind: tuple[str, ...] = ()  # processes that outlived the call and were killed: "1234 sleep 999"
    device: str | None = None  # that it was given
    side_by_side: int = 1  # the most calls at once on its device, or on a machine without, itself included


def unstarted(call: Call, status: str, message: str) -> Ended:
    """Return the end of a call that never began."""
    return Ended(
        call=call,
        status=status,
        message=f"{message}, and it had not begun" if status == "INTERRUPTED" else message,
        result=None,
        log_tail="",
        phase=PHASES[0],
        hand_outs=0,
        seconds=0.0,
        was_shared=False,
    )


@dataclass(slots=True)
class Progress:
    """What is seen of a running call from outside: its phase, its hand-outs, and when either last changed."""

    phase: str
    hand_outs: int
    phase_since: float
    moved_at: float
    trained_for: float = 0.0

    def see(self, phase: str, hand_outs: int, now: float) -> None:
        """Take a new look."""
        if phase != self.phase:
            self.trained_for = now - self.phase_since if self.phase == "train" else self.trained_for
            self.phase, self.phase_since, self.moved_at = phase, now, now
        elif hand_outs != self.hand_outs:
            self.moved_at = now
        self.hand_outs = hand_outs


def exceeded(progress: Progress, limits: Limits, used: int) -> tuple[str, str] | None:
    """Return status and reason when a call holds more than its limit of host memory, `used` bytes, else None."""
    if limits.memory is None or used <= limits.memory:
        return None
    where = f"after {progress.hand_outs} hand-outs" if progress.hand_outs else f"in {progress.phase}"
    return "OOM(host)", f"host memory: {used / 1e6:.0f} MB in use {where}, the limit is {limits.memory / 1e6:.0f} MB"


def overdue(progress: Progress, limits: Limits, now: float) -> tuple[str, str] | None:
    """Return status and reason when a call has outlived its limits at time `now`, else None."""
    in_phase, idle = now - progress.phase_since, now - progress.moved_at
    if progress.phase == "train":
        allowed = limits.first if progress.hand_outs < 2 else limits.stall
        if limits.deadline is not None and in_phase > limits.deadline:
            return "TIMEOUT", f"still training after {in_phase:.0f} s, the deadline is {limits.deadline:.0f} s"
        if limits.hand_outs is not None and progress.hand_outs > limits.hand_outs:
            return "OVER_BUDGET", f"took {progress.hand_outs} hand-outs, the budget is {limits.hand_outs}"
        if idle > allowed:
            return (
                "TIMEOUT",
                f"no hand-out for {idle:.0f} s after {progress.hand_outs} of them, the limit is {allowed:.0f} s",
            )
    elif progress.phase == "return":
        allowed = max(limits.finish, limits.finish_share * progress.trained_for)
        if in_phase > allowed:
            return "OVER_BUDGET", f"`train` did not return within {allowed:.0f} s of the stream's end"
    elif in_phase > limits.hook:
        return "TIMEOUT", f"{progress.phase} took over {limits.hook:.0f} s"
    return None
