"""Run a plan: extractors, probes, then trials side by side where they may; what has its record is not run again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genbench.conduct import Conduct, Planned
from genbench.errors import HarnessFault, StorageFault
from genbench.packing import packed
from genbench.pursuit import JUDGING
from genbench.record import Reference
from genbench.status import DISK, INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.engines import Ended
    from genbench.plan import Plan
    from genbench.pursuit import Pursuit
    from genbench.record import Trial
    from genbench.reporter import Reporter
    from genbench.store import RunFolder
    from genbench.tuning.tuning import Tuning


@dataclass(kw_only=True)
class Run:
    """One run of a plan, by this harness alone or beside others."""

    plan: Plan
    folder: RunFolder
    pursuit: Pursuit
    reporter: Reporter
    wait: Callable[[], None]  # a little, while other harnesses work; raises when the user asks to stop
    conduct: Conduct = field(default_factory=Planned)
    tuning: Tuning | None = None  # where configurations are searched first
    _waits: bool = False  # it was said that others are waited for

    def execute(self) -> None:
        """Run everything; each record is published as soon as it is known.

        Raises:
            Interrupted: the user asked to stop; what was finished is published.
            StorageFault: nothing more can be written.
        """
        data = self.pursuit.requests.found.data
        self._recall()
        self.reporter.expect(len(data))
        for name in data:
            self._extract(name)
        self.pursuit.engine.drain()
        self._run_all(self.plan.probes)
        self._tune()
        for name in data:
            if self.conduct.needs_reference(name):
                self._reference(name)
        for number, trials in enumerate(self.plan.rounds()):
            self._run_all(self.conduct.wanted(trials))
            if self.conduct.is_enough(self.folder, self.plan, number, self.reporter):
                return

    def _tune(self) -> None:
        """Try configurations until every model has its chosen one, and the plan its trials."""
        while self.tuning is not None and self.plan.is_open:
            self._run_all(self.plan.tuning)
            self.plan = self.tuning.go_on(self.plan, self.folder.read().records)
            self.folder.extend(self.plan)
            if not self.plan.is_open:
                self._run_all(self.plan.probes)

    def _recall(self) -> None:
        """Learn from what was published before."""
        results = self.folder.read()
        for record in sorted(results.records, key=lambda each: each.started):
            self.pursuit.learn(record)
        if results.records:
            self.reporter.say(f"{len(results.records)} of {len(results.planned)} trials and probes have their record")

    def _run_all(self, trials: tuple[Trial, ...]) -> None:
        """Run the trials that nobody has run or runs; then wait for what others run, and take over what they drop."""
        missing = self._missing(trials)
        self.reporter.expect(len(missing))
        while True:
            for trial in self._packed(missing):
                self.pursuit.begin(trial)
            self.pursuit.engine.drain()
            missing = self._missing(missing)
            if not missing:
                return
            self._wait_for_others(missing[0])

    def _missing(self, trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
        """Return the trials on which the last word is not spoken; the probes of other harnesses serve here too."""
        standings = [(trial, self.pursuit.attempts.standing(trial)) for trial in trials]
        for trial, standing in standings:
            if standing.record is not None and trial.purpose == "probe":
                self.pursuit.learn(standing.record)
        return tuple(trial for trial, standing in standings if standing.state != "done")

    def _wait_for_others(self, trial: Trial) -> None:
        owner = self.pursuit.attempts.standing(trial).owner
        if owner is not None and not self._waits:
            self._waits = True
            self.reporter.say(f"waiting for what {owner.name} has begun; it is taken over if that harness dies")
        self.wait()

    def _packed(self, trials: tuple[Trial, ...]) -> list[Trial]:
        """Order trials so that no worker waits at the end; in the order of seeds where each runs alone anyway."""
        place = {seed: number for number, seed in enumerate(self.pursuit.requests.spec.seeds)}
        in_order = sorted(trials, key=lambda trial: place.get(trial.seed, -1))
        is_exact = self.pursuit.requests.spec.budget.is_exact
        return packed(in_order, self.pursuit.expected, self.pursuit.engine.workers if is_exact else 1)

    def _extract(self, name: str) -> None:
        """Have the extractors ready before anything is judged."""

        def done(ended: Ended) -> None:
            if ended.result is None and ended.status != INTERRUPTED:
                kind = StorageFault if ended.status == DISK else HarnessFault
                raise kind(f"no extractor for {name}: {ended.status}: {ended.message}\n{ended.log_tail}")

        self.pursuit.ask(f"extractors for {name}", "extract", self.pursuit.requests.controls(name), done)

    def _reference(self, name: str) -> None:
        def done(ended: Ended) -> None:
            if ended.status == DISK:
                raise StorageFault(f"{ended.call.name}: {ended.message}")
            if ended.result is not None:
                self.folder.publish_reference(Reference.model_validate_json(ended.result))
            self.reporter.done(ended.call.name, ended.status)

        asked = self.pursuit.requests.controls(name)
        self.pursuit.ask(f"floor and controls of {name}", "reference", asked, done, device_bytes=JUDGING)
