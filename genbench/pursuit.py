"""The pursuit of a trial: claimed when there is room for it, run, judged, scored, published."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from genbench.breaker import Breaker
from genbench.course import Course
from genbench.engines import Call, Ended, Limits
from genbench.errors import StorageFault
from genbench.messages import RECONSTRUCTIONS, Judged, Outcome, ProbeOutcome
from genbench.status import DISK, INTERRUPTED, LOST, OK, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.engines import Engine
    from genbench.plan import Plan
    from genbench.record import Frozen, Record, Trial
    from genbench.reporter import Reporter
    from genbench.requests import Requests
    from genbench.store import Attempts

ASKED_AFTERWARDS = {"log_likelihood", "reconstruct"}  # hooks that meet held-out rows
DEADLINE_SHARE, DEADLINE_GRACE = 1.05, 10.0  # of a budget in seconds
MOST_LOST = 3  # attempts at a trial that an engine may lose before the trial is given up


@dataclass(kw_only=True)
class Pursuit:
    """Bring trials to their records, and learn from each what the next ones need."""

    requests: Requests
    plan: Plan
    attempts: Attempts  # who may try, and whose record counts
    engine: Engine
    reporter: Reporter
    limits: Limits
    breaker: Breaker = field(default_factory=Breaker)
    keeps: frozenset[str] = frozenset()  # folders of an attempt that outlive the judging: "samples", "snapshots"
    flops: dict[tuple[str, str], float] = field(default_factory=dict)  # per example, by model and data set
    speeds: dict[tuple[str, str], float] = field(default_factory=dict)  # examples per second, likewise
    _lost: dict[str, int] = field(default_factory=dict)  # attempts that the engine lost, by the trial's id

    def begin(self, trial: Trial) -> None:
        """Have a trial or a probe run when there is room for it; only then it is claimed."""
        courses: list[Course] = []

        def make() -> Call | None:
            folder = self.attempts.claim(trial)
            if folder is None:
                return None
            courses.append(Course(trial, folder))
            return self._call_or_refuse(courses[0])

        finish = self._probed if trial.purpose == "probe" else self._trained
        alone = trial.purpose == "probe" or not trial.budget.is_exact
        on_device = trial.device.startswith("cuda")
        self.engine.submit_later(make, lambda ended: finish(courses[0], ended), alone=alone, needs_device=on_device)

    def learn(self, record: Record) -> None:
        """Take in a record, of whoever made it."""
        cell = cell_of(record.trial)
        if record.probe is not None:
            self.flops[cell] = record.probe.flops_per_example
            self.speeds[cell] = median(record.probe.examples_per_second or [0.0])
        self.breaker.see(record)

    def ask(self, name: str, function: str, asked: Frozen, done: Callable[[Ended], None]) -> None:
        """Ask for what follows a trial or precedes all; it goes before the trials that wait."""
        call = Call(
            name=name,
            function=function,
            payload=asked.model_dump_json(),
            limits=self.limits,
            needs_device=self.requests.places.device != "cpu",
        )
        self.engine.submit(call, done, first=True)

    def _call_or_refuse(self, course: Course) -> Call | None:
        """Return the call that trains or probes; a trial that need not be started has its record at once."""
        trial = course.trial
        if self._is_refused(course):
            self._publish(course)
            return None
        limits = self.limits
        if trial.purpose == "score" and trial.budget.unit == "seconds":
            limits = replace(limits, deadline=DEADLINE_SHARE * trial.budget.amount + DEADLINE_GRACE)
        return Call(
            name=course.name,
            function="probe" if trial.purpose == "probe" else "trial",
            payload=self.requests.job(course, self.flops.get(cell_of(trial))).model_dump_json(),
            log=course.folder / "log.txt",
            limits=limits,
            needs_device=trial.device.startswith("cuda"),
        )

    def _is_refused(self, course: Course) -> bool:
        """Fail a trial that need not be started."""
        trial, cell = course.trial, cell_of(course.trial)
        broken = next((each for each in self.plan.broken if each.model.name == trial.model.name), None)
        reason = self.breaker.given_up(cell)
        if broken is not None:
            course.fail(broken.status, broken.message)
        elif trial.purpose == "score" and trial.budget.unit == "flops" and cell not in self.flops:
            course.fail("FAILED(train)", f"{trial.model.culprit}: its probe failed, so that its FLOPs are unknown")
        elif reason is not None and trial.purpose == "score":
            course.fail(SKIPPED, reason)
        return course.outcome.status != OK

    def _probed(self, course: Course, ended: Ended) -> None:
        if ended.result is not None:
            told = ProbeOutcome.model_validate_json(ended.result)
            course.outcome, course.probe = Outcome(**told.model_dump(exclude={"probe"})), told.probe
        course.end(ended)
        if self.engine.was_oversubscribed:
            course.warn("more threads than cores: its speeds are those of a crowd")
        self._publish(course)

    def _trained(self, course: Course, ended: Ended) -> None:
        if ended.result is not None:
            course.outcome = Outcome.model_validate_json(ended.result)
        course.end(replace(ended, was_shared=ended.was_shared or self.engine.was_oversubscribed))
        if not course.outcome.samples or course.outcome.status in (INTERRUPTED, DISK):
            self._publish(course)
            return
        self.ask(course.name, "judge", self.requests.judge(course), partial(self._judged, course))

    def _judged(self, course: Course, ended: Ended) -> None:
        if ended.result is not None:
            course.measures = Judged.model_validate_json(ended.result).measures
        elif ended.status in (INTERRUPTED, DISK):
            course.fail(ended.status, f"stopped while it was judged: {ended.message}")
        else:
            course.fail("FAILED(judge)", f"judging failed: {ended.status}: {ended.message}")
        course.add_file("picture", "samples.png")
        if not ASKED_AFTERWARDS & set(course.trial.model.hooks) or course.outcome.status != OK:
            self._publish(course)
            return
        self.ask(course.name, "score", self.requests.score(course), partial(self._scored, course))

    def _scored(self, course: Course, ended: Ended) -> None:
        if ended.result is not None:
            told = Judged.model_validate_json(ended.result)
            course.measures += told.measures
            course.warn(*told.warnings)
            course.add_file("reconstructions", RECONSTRUCTIONS)
        elif ended.status in (INTERRUPTED, DISK):
            course.fail(ended.status, f"stopped while it was scored: {ended.message}")
        else:
            course.warn(f"no likelihoods, no reconstructions: {ended.status}: {ended.message}")
        self._publish(course)

    def _publish(self, course: Course) -> None:
        if course.outcome.status == DISK:
            self._stop_for(course)
        if course.outcome.status == LOST:
            self._count_loss(course)
        record = course.record(self.requests.found.environment, self.flops.get(cell_of(course.trial)))
        if not self.attempts.publish(course.folder, record):
            self.reporter.say(f"{course.name}: superseded, another harness has given this one up and taken it over")
            return
        self.learn(record)
        course.clear(self.keeps)
        self.reporter.done(course.name, record.status)

    def _stop_for(self, course: Course) -> None:
        """Stop everything because a disk is full or broken, with a record if there is room for one."""
        reason = course.outcome.message or ""
        course.fail(INTERRUPTED, f"disk: {reason}")
        with suppress(OSError):
            self.attempts.publish(course.folder, course.record(self.requests.found.environment, None))
        raise StorageFault(f"{course.name}: {reason}")

    def _count_loss(self, course: Course) -> None:
        """Let a trial that the engine lost be tried again, but not for ever."""
        count = self._lost[course.trial.id] = self._lost.get(course.trial.id, 0) + 1
        if count >= MOST_LOST:
            course.fail("NO_RESULT", f"lost {count} times: {course.outcome.message}")


def cell_of(trial: Trial) -> tuple[str, str]:
    """Return a trial's place in the grid, whatever its seed."""
    return trial.model.name, trial.data.name
