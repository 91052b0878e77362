"""What breaks things on purpose: system calls that fail or kill at the Nth, clocks that jump, a toy of an engine."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
from collections import deque
from typing import TYPE_CHECKING, Any

from genbench.engines import Call, Ended, Limits
from genbench.messages import Job, Judged, Outcome, ProbeOutcome, Ready
from genbench.plan import Plan
from genbench.pursuit import Pursuit
from genbench.record import (
    Environment,
    Identity,
    Measure,
    Overrun,
    Prepared,
    Probe,
    Reference,
    SampleFile,
    Spend,
    Trial,
)
from genbench.requests import Requests
from genbench.run import Run
from genbench.spec import make_spec
from genbench.store import Attempts, Lease, Results, RunFolder, Watch, durable, this_harness
from genbench.store.sealed import seal
from genbench.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALLS = frozenset({"open", "write", "fsync", "link", "unlink", "rename", "replace", "mkdir", "rmdir"})
HERE = Environment(
    genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
    driver=None, packages={}, settings={},
)  # fmt: skip


class FaultFS:
    """Stands in for `os` in `genbench.store.durable`; from the Nth system call on, or at it, something goes wrong.

    Args:
        at: number of the call, from 1.
        fault: "kill" before it; "torn": half of a write, then kill; "short": half of it is written; or an errno's name.
        lasts: whether calls after the Nth fail too, as on a full disk.
    """

    def __init__(self, at: int = 0, fault: str = "kill", *, lasts: bool = False) -> None:
        self.at, self.fault, self.lasts = at, fault, lasts
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._wrapped(name, real) if name in CALLS else real

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            is_due = self.count >= self.at if self.lasts else self.count == self.at
            if not (self.at and is_due):
                return real(*arguments, **named)
            return self._fail(name, real, arguments, named)

        return call

    def _fail(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        half = (arguments[0], bytes(arguments[1])[: max(1, len(arguments[1]) // 2)]) if name == "write" else arguments
        if self.fault == "short":
            return real(*half, **named)
        if self.fault == "torn" and name == "write":
            real(*half)
        if self.fault in ("kill", "torn"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "ENOSPC" and name in ("unlink", "rmdir", "fsync"):  # what needs no room
            return real(*arguments, **named)
        number = getattr(errno, self.fault)
        raise OSError(number, os.strerror(number), str(arguments[0]))


class FakeClock:
    """A monotonic clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class ToyEngine:
    """An engine that answers calls by itself, in this process: all that `Run` needs of one.

    Args:
        answer: turns a call into status and result.
        runs_twice: execute every call twice and tell once, as a cluster may.
    """

    workers = 1

    def __init__(self, answer: Callable[[Call], tuple[str, str | None]], *, runs_twice: bool = False) -> None:
        self._answer = answer
        self._runs_twice = runs_twice
        self._waiting: deque[tuple[Callable[[], Call | None], Callable[[Ended], None]]] = deque()
        self.calls: list[Call] = []
        self.device_bytes: list[int | None] = []  # as asked for what is made later
        self.tells: dict[str, Any] = {}  # of every end besides

    def submit(self, call: Call, done: Callable[[Ended], None], *, first: bool = False) -> None:
        (self._waiting.appendleft if first else self._waiting.append)((lambda: call, done))

    def submit_later(
        self,
        make: Callable[[], Call | None],
        done: Callable[[Ended], None],
        *,
        alone: bool = False,
        needs_device: bool = False,
        device_bytes: int | None = None,
    ) -> None:
        self.device_bytes.append(device_bytes)
        self._waiting.append((make, done))

    def call(self, call: Call) -> Ended:
        ended: list[Ended] = []
        self.submit(call, ended.append, first=True)
        self.drain()
        return ended[0]

    def busy_share(self) -> float:
        return 1.0

    @property
    def was_oversubscribed(self) -> bool:
        return False

    def drain(self) -> None:
        while self._waiting:
            make, done = self._waiting.popleft()
            call = make()
            if call is not None:
                self.calls.append(call)
                for _ in range(1 + self._runs_twice):
                    status, result = self._answer(call)
                message = None if status == "OK" else "as planned"
                done(
                    Ended(
                        call=call, status=status, message=message, result=result, log_tail="", phase="train",
                        hand_outs=0, seconds=0.0, was_shared=False, **self.tells,
                    )
                )  # fmt: skip


def answer(call: Call) -> tuple[str, str | None]:
    """Answer as processes would, at once; numbers depend on the trial alone."""
    if call.function == "trial":
        job = Job.model_validate_json(call.payload)
        (job.folder / "curves.json").write_text("{}")
        sample = SampleFile(variant="default", mark=1.0, split="held_out", path=job.folder / "none.npy")
        spend = Spend(
            examples=80, steps=10, updates={"model": 10}, seconds=1.0, setup_seconds=0.1, flops=None, parameters=1,
            peak_memory_bytes=1, overrun=Overrun(), is_shared=False, fraction=1.0,
        )  # fmt: skip
        digests = {"weights": hashlib.sha256(job.trial.id.encode()).hexdigest()}
        files = {"curves": "curves.json"}
        told: Any = Outcome(status="OK", samples=(sample,), spend=spend, digests=digests, files=files)
    elif call.function == "probe":
        told = ProbeOutcome(status="OK", probe=PROBE)
    elif call.function == "judge":
        identity = Identity(metric="fd", n=500, split="held_out", data="0", features="pixels", features_hash="0")
        told = Judged(measures=(Measure(identity=identity, value=len(call.name) / 7),))
    elif call.function == "reference":
        told = Reference(data=DATA, measures={})
    else:
        return "OK", ""
    return "OK", told.model_dump_json()


PROBE = Probe(
    examples_per_second=(1.0,), samples_per_second=(1.0,), sample_batch=1, latency_ms=(1.0, 1.0), setup_seconds=0.0,
    peak_memory_bytes=0, parameters=1, flops_per_example=7.0, uncounted=(), hand_outs=64,
)  # fmt: skip
DATA: Any = None  # of the trials; set by `plan_of`


def plan_of(trials: list[Trial], probes: list[Trial] | None = None) -> Plan:
    """Return a plan of trials, to be answered by `answer`."""
    global DATA
    DATA = trials[0].data
    return Plan(trials=tuple(trials), probes=tuple(probes or ()), environment=HERE)


class Harness:
    """A harness in this process on a run's folder, with a `ToyEngine`."""

    def __init__(self, folder: RunFolder, clock: FakeClock | None = None, **changes: Any) -> None:
        plan = folder.plan()
        data = plan.trials[0].data
        self.folder, self.said = folder, list[str]()
        self.owner = this_harness()
        self.engine = changes.pop("engine", None) or ToyEngine(answer)
        self.lease = Lease(folder.path, self.owner)
        watch = Watch(folder.path, clock) if clock else Watch(folder.path)
        ready = Ready(data=Prepared(ref=data, folder=folder.path), features=("pixels",))
        found = Survey(known_environment=HERE, data={data.name: ready})
        spec = make_spec({"models": ("alpha",), "seeds": tuple(dict.fromkeys(trial.seed for trial in plan.trials))})
        self.attempts = Attempts(folder.path, self.owner, watch, HERE)
        pursuit = Pursuit(
            requests=Requests(spec=spec, found=found, run=folder.path, cache=folder.path / "cache"),
            plan=plan, attempts=self.attempts, engine=self.engine, reporter=self, limits=Limits(), **changes,
        )  # fmt: skip
        self.run = Run(plan=plan, folder=folder, pursuit=pursuit, reporter=self, wait=lambda: None)

    def execute(self) -> Results:
        """Run to the end and return what is published."""
        try:
            self.run.execute()
        finally:
            self.lease.release()
        return self.folder.read()

    def say(self, text: str) -> None:
        self.said.append(text)

    def expect(self, pieces: int) -> None:
        pass

    def done(self, what: str, status: str) -> None:
        self.said.append(f"{what}: {status}")


def in_child(work: Callable[[], None]) -> int:
    """Do something in a forked process; return its exit status, negative for the signal that killed it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except OSError:
            code = 28
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def with_faults(faults: FaultFS, work: Callable[[], Any]) -> Any:
    """Do something while the store's system calls go through `faults`."""
    former, durable.os = durable.os, faults
    try:
        return work()
    finally:
        durable.os = former


def content(results: Results) -> list[tuple[Any, ...]]:
    """Return what must not depend on when and by whom a run was made."""
    return [
        (record.trial.id, record.status, record.digests, record.measures, record.probe) for record in results.records
    ]


def forge(path: Path, **changes: Any) -> None:
    """Leave the lease of a harness that never was."""
    owner = this_harness().model_copy(update=changes)
    durable.create_folder(path, {"lease.json": seal(owner)})
