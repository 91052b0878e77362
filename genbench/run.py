"""Run a plan: probes alone, trials side by side where they may, every sample judged, every attempt a record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from genbench.course import Course
from genbench.engines import Call, Ended, Limits
from genbench.errors import HarnessFault
from genbench.looks import Stopped, undecided
from genbench.messages import RECONSTRUCTIONS, Controls, Job, Judge, Judged, Outcome, Places, ProbeOutcome, Score
from genbench.plan import judged_counts, sample_counts
from genbench.record import Reference
from genbench.status import OK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genbench.engines import LocalEngine
    from genbench.plan import Plan
    from genbench.record import Frozen, Trial
    from genbench.reporter import Reporter
    from genbench.spec import Spec
    from genbench.store import RunFolder
    from genbench.survey import Survey

ASKED_AFTERWARDS = {"log_likelihood", "reconstruct"}  # hooks that meet held-out rows
DEADLINE_SHARE, DEADLINE_GRACE = 1.05, 10.0  # of a budget in seconds


@dataclass(kw_only=True)
class Run:
    """One run of a plan."""

    spec: Spec  # what was asked
    found: Survey  # what the survey found
    plan: Plan
    folder: RunFolder  # where records go
    engine: LocalEngine
    cache: Path  # where features of real rows are kept
    reporter: Reporter
    limits: Limits
    keeps: frozenset[str] = frozenset()  # folders of an attempt that outlive the judging: "samples", "snapshots"
    flops: dict[tuple[str, str], float] = field(default_factory=dict)  # per example, by model and data set
    speeds: dict[tuple[str, str], float] = field(default_factory=dict)  # examples per second, likewise

    def execute(self) -> None:
        """Run everything; each record is published as soon as it is known."""
        self.reporter.expect(len(self.plan.probes) + len(self.found.data))
        for name in self.found.data:
            self._extract(name)
        self.engine.drain()
        for trial in self.plan.probes:
            self._probe(trial)
        self.engine.drain()
        for name in self.found.data:
            self._reference(name)
        for number, trials in enumerate(self.plan.rounds()):
            self._train_all(trials)
            if self.plan.looks and self._is_enough(number):
                return

    def _train_all(self, trials: tuple[Trial, ...]) -> None:
        self.reporter.expect(len(trials))
        broken = {each.model.name: each for each in self.plan.broken}
        for trial in self._slow_first(trials):
            course = Course(trial, self.folder.attempt(trial))
            if trial.model.name in broken:
                course.fail(broken[trial.model.name].status, broken[trial.model.name].message)
                self._publish(course)
            else:
                self._train(course)
        self.engine.drain()

    def _is_enough(self, number: int) -> bool:
        """Look at what there is; publish where and why the run stops, or say which pairs need more seeds."""
        results, looks = self.folder.read(), self.plan.looks
        pairs = undecided(results.records, results.references, looks)
        if pairs and looks[number] < looks[-1]:
            self.reporter.say(f"after {looks[number]} seeds not decided: {'; '.join(pairs)}")
            return False
        reason = "there is no pair to compare" if pairs is None else "every pair is decided"
        stopped = Stopped(seeds=looks[number], reason=f"not decided: {'; '.join(pairs)}" if pairs else reason)
        self.folder.publish_stop(stopped)
        self.reporter.say(f"stopped after {stopped.seeds} seeds: {stopped.reason}")
        return True

    def _slow_first(self, trials: tuple[Trial, ...]) -> list[Trial]:
        """Keep seeds together, and begin each with the slowest model, so that no worker waits for it at the end."""
        place = {seed: number for number, seed in enumerate(self.spec.seeds)}
        return sorted(trials, key=lambda trial: (place[trial.seed], self.speeds.get(_cell(trial), 0.0)))

    def _extract(self, name: str) -> None:
        """Have the extractors ready before anything is judged."""

        def done(ended: Ended) -> None:
            if ended.result is None:
                raise HarnessFault(f"no extractor for {name}: {ended.status}: {ended.message}\n{ended.log_tail}")

        self._submit(f"extractors for {name}", "extract", self._controls(name), done)

    def _reference(self, name: str) -> None:
        def done(ended: Ended) -> None:
            if ended.result is not None:
                self.folder.publish_reference(Reference.model_validate_json(ended.result))
            self.reporter.done(ended.call.name, ended.status)

        self._submit(f"floor and controls of {name}", "reference", self._controls(name), done)

    def _controls(self, name: str) -> Controls:
        ready = self.found.data[name]
        return Controls(
            places=self._places,
            data=ready.data,
            features=ready.features,
            counts=judged_counts(ready.data.ref),
            metrics=self.spec.metrics,
        )

    @property
    def _places(self) -> Places:
        device = self.found.device if self.found.device.startswith("cuda") else "cpu"
        return Places(cache=self.cache, run=self.folder.path, weights=self.spec.weights, device=device)

    def _probe(self, trial: Trial) -> None:
        course = Course(trial, self.folder.attempt(trial))
        self._submit(
            course.name, "probe", self._job(course), partial(self._probed, course), log=course.folder, alone=True
        )

    def _probed(self, course: Course, ended: Ended) -> None:
        if course.end(ended):
            told = ProbeOutcome.model_validate_json(ended.result or "")
            course.outcome, course.probe = Outcome(**told.model_dump(exclude={"probe"})), told.probe
        if course.probe is not None:
            self.flops[_cell(course.trial)] = course.probe.flops_per_example
            self.speeds[_cell(course.trial)] = median(course.probe.examples_per_second or [0.0])
        self._publish(course)

    def _train(self, course: Course) -> None:
        trial = course.trial
        if trial.budget.unit == "flops" and _cell(trial) not in self.flops:
            course.fail("FAILED(train)", f"{trial.model.culprit}: its probe failed, so that its FLOPs are unknown")
            self._publish(course)
            return
        done = partial(self._trained, course)
        self._submit(course.name, "trial", self._job(course), done, log=course.folder, alone=not trial.budget.is_exact)

    def _trained(self, course: Course, ended: Ended) -> None:
        if course.end(ended):
            course.outcome = Outcome.model_validate_json(ended.result or "")
        if not course.outcome.samples:
            self._publish(course)
            return
        ready = self.found.data[course.trial.data.name]
        asked = Judge(
            places=self._places,
            data=ready.data,
            features=ready.features,
            samples=course.outcome.samples,
            metrics=self.spec.metrics,
            picture=course.folder / "samples.png",
        )
        self._submit(course.name, "judge", asked, partial(self._judged, course), first=True)

    def _judged(self, course: Course, ended: Ended) -> None:
        if ended.result is None:
            course.fail("FAILED(judge)", f"judging failed: {ended.status}: {ended.message}")
        else:
            course.measures = Judged.model_validate_json(ended.result).measures
        course.add_file("picture", "samples.png")
        if not ASKED_AFTERWARDS & set(course.trial.model.hooks) or course.outcome.status != OK:
            self._publish(course)
            return
        asked = Score(
            trial=course.trial,
            data=self.found.data[course.trial.data.name].data,
            snapshot=course.folder / "snapshots" / "final.pt",
            folder=course.folder,
        )
        self._submit(course.name, "score", asked, partial(self._scored, course), first=True)

    def _scored(self, course: Course, ended: Ended) -> None:
        if ended.result is None:
            course.warn(f"no likelihoods, no reconstructions: {ended.status}: {ended.message}")
        else:
            told = Judged.model_validate_json(ended.result)
            course.measures += told.measures
            course.warn(*told.warnings)
            course.add_file("reconstructions", RECONSTRUCTIONS)
        self._publish(course)

    def _publish(self, course: Course) -> None:
        record = course.record(self.found.environment, self.flops.get(_cell(course.trial)))
        self.folder.publish_record(course.folder, record)
        course.clear(self.keeps)
        self.reporter.done(course.name, record.status)

    def _job(self, course: Course) -> Job:
        trial = course.trial
        return Job(
            trial=trial,
            train=self.found.data[trial.data.name].data.folder / "train",
            folder=course.folder,
            counts=sample_counts(trial),
            sample_batch=self.spec.sample_batch,
            hand_outs=trial.budget.hand_outs(trial.model.batch_size, self.flops.get(_cell(trial)))
            if trial.budget.is_exact and trial.purpose == "score"
            else None,
            observers=self.spec.observers,
        )

    def _submit(
        self,
        name: str,
        function: str,
        asked: Frozen,
        done: Callable[[Ended], None],
        *,
        log: Path | None = None,
        alone: bool = False,
        first: bool = False,
    ) -> None:
        limits = self.limits
        if function == "trial" and self.spec.budget.unit == "seconds":
            limits = replace(limits, deadline=DEADLINE_SHARE * self.spec.budget.amount + DEADLINE_GRACE)
        call = Call(
            name=name,
            function=function,
            payload=asked.model_dump_json(),
            log=log and log / "log.txt",
            limits=limits,
            is_exclusive=alone,
        )
        self.engine.submit(call, done, first=first)


def _cell(trial: Trial) -> tuple[str, str]:
    return trial.model.name, trial.data.name
