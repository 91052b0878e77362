"""The pursuit of a trial: claimed when there is room for it, run, judged, scored, published."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from statistics import median
from typing import TYPE_CHECKING

from genbench.breaker import Breaker
from genbench.course import Course
from genbench.engines import Call, Ended, Limits
from genbench.errors import StorageFault
from genbench.messages import EXCERPTS, PICTURE, RECONSTRUCTIONS, Judged, Outcome, ProbeOutcome
from genbench.status import DISK, INTERRUPTED, LOST, OK, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.engines import Engine
    from genbench.plan import Plan
    from genbench.record import Record, Trial
    from genbench.refs import Frozen
    from genbench.reporter import Reporter
    from genbench.requests import Requests
    from genbench.store import Attempts

ASKED_AFTERWARDS = {"log_likelihood", "reconstruct"}  # hooks that meet held-out rows
DEADLINE_SHARE, DEADLINE_GRACE = 1.05, 10.0  # of a budget in seconds
MOST_LOST = 3  # attempts at a trial that an engine may lose before the trial is given up
CROWDED = "OOM(device)"  # told of a trial beside others on its device, it is no word on the trial
CONTEXT = 2**30  # bytes of a device that a process takes before it allocates anything, with its libraries' workspaces
SPARE = 1.5  # of the peak that a probe saw: an allocator holds more than it has given out
JUDGING = 4 * 2**30  # bytes of a device that are kept for judging; its pairwise measures go tile by tile


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
    peaks: dict[tuple[str, str], int] = field(default_factory=dict)  # bytes of memory, likewise
    _crowded: set[str] = field(default_factory=set)  # ids of trials that found no memory beside others
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
        self.engine.submit_later(
            make,
            lambda ended: finish(courses[0], ended),
            alone=alone,
            needs_device=trial.device.startswith("cuda"),
            device_bytes=self._device_bytes(trial),
        )

    def learn(self, record: Record) -> None:
        """Take in a record, of whoever made it."""
        cell = cell_of(record.trial)
        if record.probe is not None:
            self.flops[cell] = record.probe.flops_per_example
            self.speeds[cell] = median(record.probe.examples_per_second or [0.0])
            peak = record.probe.peak_reserved_bytes or record.probe.peak_memory_bytes
            if peak is not None:
                self.peaks[cell] = peak
        self.breaker.see(record)

    def expected(self, trial: Trial) -> float:
        """Return how many seconds a trial will train, from its probe; infinite where there was none."""
        cell, size = cell_of(trial), trial.model.batch_size
        speed, flops = self.speeds.get(cell), self.flops.get(cell)
        if not trial.budget.is_exact:
            return trial.budget.amount
        if not speed or (trial.budget.unit == "flops" and not flops):
            return inf
        return trial.budget.hand_outs(size, flops) * size / speed

    def ask(
        self,
        name: str,
        function: str,
        asked: Frozen,
        done: Callable[[Ended], None],
        *,
        device_bytes: int | None = None,
        is_patient: bool = False,
    ) -> None:
        """Ask for what follows a trial or precedes all; it goes before the trials that wait."""
        call = Call(
            name=name,
            function=function,
            payload=asked.model_dump_json(),
            limits=self.limits,
            needs_device=self.requests.places.device != "cpu",
            device_bytes=device_bytes,
            is_patient=is_patient,
        )
        self.engine.submit(call, done, first=True)

    def _call_or_refuse(self, course: Course) -> Call | None:
        """Return the call that trains or probes; a trial that need not be started has its record at once."""
        trial = course.trial
        if self._is_refused(course):
            self._publish(course)
            return None
        limits = self.limits
        if trial.purpose != "probe" and trial.budget.unit == "seconds":
            limits = replace(limits, deadline=DEADLINE_SHARE * trial.budget.amount + DEADLINE_GRACE)
        job = self.requests.job(course, self.flops.get(cell_of(trial)))
        return Call(
            name=course.name,
            function="probe" if trial.purpose == "probe" else "trial",
            payload=job.model_dump_json(),
            log=course.folder / "log.txt",
            limits=replace(limits, hand_outs=job.hand_outs),
            needs_device=trial.device.startswith("cuda"),
            device_bytes=self._device_bytes(trial),
        )

    def _device_bytes(self, trial: Trial) -> int | None:
        """Return what a trial will take of its device, None where it must have it to itself."""
        if trial.purpose == "probe" or not trial.budget.is_exact or trial.id in self._crowded:
            return None
        peak = self.peaks.get(cell_of(trial))
        if peak is None:
            return None if self.requests.spec.per_device is None else 0  # the user says that there is room
        return CONTEXT + int(SPARE * peak)

    def _is_refused(self, course: Course) -> bool:
        """Fail a trial that need not be started."""
        trial, cell = course.trial, cell_of(course.trial)
        broken = next((each for each in self.plan.broken if each.model.title == trial.model.title), None)
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
        if course.outcome.status == CROWDED and ended.device is not None and ended.side_by_side > 1:
            self._crowded.add(course.trial.id)
            course.fail(LOST, f"tried again with the device to itself: {course.outcome.message}")
        if not course.outcome.samples or course.outcome.status in (INTERRUPTED, DISK, LOST):
            self._publish(course)
            return
        self.ask(
            course.name,
            "judge",
            self.requests.judge(course),
            partial(self._judged, course),
            device_bytes=JUDGING,
            is_patient=not course.trial.budget.is_exact,
        )

    def _judged(self, course: Course, ended: Ended) -> None:
        if ended.result is not None:
            course.measures = Judged.model_validate_json(ended.result).measures
        elif ended.status in (INTERRUPTED, DISK):
            course.fail(ended.status, f"stopped while it was judged: {ended.message}")
        elif (lost := course.lost_samples) is not None:
            course.fail("FAILED(sample)", f"{course.trial.model.culprit}: {lost} was deleted before it could be judged")
        else:
            course.fail("FAILED(judge)", f"judging failed: {ended.status}: {ended.message}")
        course.add_file("picture", PICTURE)
        course.add_file("excerpts", EXCERPTS)
        is_asked = ASKED_AFTERWARDS & set(course.trial.model.hooks) and course.trial.purpose == "score"
        if not is_asked or course.outcome.status != OK:
            self._publish(course)
            return
        self.ask(
            course.name,
            "score",
            self.requests.score(course),
            partial(self._scored, course),
            device_bytes=self._device_bytes(course.trial),
        )

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
    return trial.model.title, trial.data.name
