"""A whole check: look at what is to be compared, say what it will take, time in pairs, rerun, tell."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING

from genbench.check import sessions
from genbench.check.asked import CHECKS
from genbench.check.candidate import Candidate, candidate_spec
from genbench.check.differences import compare, compare_identities
from genbench.check.findings import Checked
from genbench.check.outline import outline
from genbench.check.quality import judge_quality, name_of, report_quality
from genbench.check.timing_half import Timed, TimingHalf
from genbench.engines import LocalEngine
from genbench.errors import Interrupted, SpecError, UsageError
from genbench.machine import cache_folder, cores
from genbench.session import Session, Ways
from genbench.signals import TIME_IS_UP, StopRequests
from genbench.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.check.asked import Asked
    from genbench.check.differences import Differences
    from genbench.check.findings import Finding
    from genbench.check.timings import Pair, TimingRequest
    from genbench.plan import Plan
    from genbench.reporter import Reporter
    from genbench.spec import Spec
    from genbench.store import Results
    from genbench.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What came of the candidate's seeds."""

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    folder: Path | None = None


class Check:
    """Judge what is installed against a baseline.

    Args:
        asked: what, against what and by which rules.
        report: hears what goes on.
    """

    def __init__(self, asked: Asked, report: Reporter) -> None:
        self._asked = asked
        self._report = report
        self._stop = StopRequests()
        self._until = inf if asked.max_minutes is None else time.monotonic() + 60 * asked.max_minutes
        self.pairs: tuple[Pair, ...] = ()  # raw timings, for reports

    def run(self) -> Checked | None:
        """Return what was found; None where the user asked to stop, and `exit_code` says how.

        Raises:
            UsageError: it cannot be compared.
            StorageFault: the disk is full or broken.
        """
        started, begun = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
        asked = self._asked
        try:
            with self._stop:
                spec = asked.spec()
                found, plan = self._look(spec)
                differences = self._compare(plan, found)
                timed = self._time(spec, plan, found, differences)
                rerun = self._rerun(spec, found, differences) if "quality" in asked.halves else Rerun()
        except Interrupted:
            self._report.say(f"stopped by {self._stop.name}: what was measured is kept; the same command goes on")
            return None
        self.pairs = timed.pairs
        findings = sorted((*rerun.findings, *timed.findings), key=lambda each: not each.is_gated)
        return Checked(
            baseline=str(asked.path),
            baseline_digest=asked.baseline.digest(),
            rules=asked.baseline.rules,
            rules_from=asked.rules_from,
            is_baseline_changed=asked.is_baseline_changed,
            against=timed.against,
            seed=timed.seed,
            findings=tuple(findings),
            differences=differences.noted,
            warnings=(*timed.warnings, *rerun.warnings),
            environment=found.environment,
            host=timed.host,
            started=started,
            seconds=time.monotonic() - begun,
            run=None if rerun.folder is None else str(rerun.folder),
            timings=None if timed.folder is None else str(timed.folder),
        )

    @property
    def exit_code(self) -> int:
        """Return the code of a check that was interrupted."""
        return self._stop.code

    def _look(self, spec: Spec) -> tuple[Survey, Plan]:
        """Look at models and data, without training anything."""
        with LocalEngine(cores(), 1, asked_to_stop=lambda: self._stop.asked) as engine:
            found = survey(spec, engine, cache_folder())
        return found, found.plan(candidate_spec(self._asked.baseline, spec))

    def _compare(self, plan: Plan, found: Survey) -> Differences:
        """Refuse what makes numbers of another thing; say what may shift them."""
        told = compare(self._asked.baseline, plan, found.environment)
        if told.refused:
            raise SpecError(told.refused, f"what is compared with {self._asked.path}")
        for line in told.noted:
            self._report.say(f"differs from the baseline: {line}")
        return told

    def _time(self, spec: Spec, plan: Plan, found: Survey, differences: Differences) -> Timed:
        """Say what the check will take, then time what is to be timed."""
        asked, requests = self._asked, self._requests(spec, plan, found)
        workers, is_paired = spec.workers or max(1, cores() // spec.threads), asked.against is not None
        for line in outline(
            asked.baseline, list(requests.values()), workers=workers, halves=asked.halves, is_paired=is_paired
        ):
            self._report.say(line)
        if "throughput" not in asked.halves:
            return Timed()
        timings = TimingHalf(
            asked=asked,
            requests=requests,
            environment=found.environment,
            is_same_machine=differences.is_same_machine,
            until=self._until,
            reporter=self._report,
            asked_to_stop=lambda: self._stop.asked,
        )
        try:
            return timings.run()
        except UsageError:
            if self._stop.asked:  # a signal that went to pip and git too, which failed of it
                raise Interrupted from None
            raise

    def _requests(self, spec: Spec, plan: Plan, found: Survey) -> dict[tuple[str, str], TimingRequest]:
        """Return what to time: the cells with gated speeds that the candidate still has."""
        train = {ready.data.ref.name: ready.data.folder / "train" for ready in found.data.values()}
        gated = {gate.cell for gate in self._asked.baseline.gates if gate.half == "throughput"}
        update = {"window": self._asked.window, "windows": self._asked.windows}
        every = sessions.requests(spec, plan, train)
        return {cell: each.model_copy(update=update) for cell, each in every.items() if cell in gated}

    def _rerun(self, spec: Spec, found: Survey, differences: Differences) -> Rerun:
        """Train as many seeds as the comparisons need, and judge them."""
        asked, allows_digests = self._asked, differences.allows_digests
        conduct = Candidate(asked.baseline, asked.features, allows_digests=allows_digests)
        ways = Ways(output=asked.output / CHECKS, until=self._until)
        session = Session(candidate_spec(asked.baseline, spec), ways, conduct=conduct, found=found)
        results = session.run(self._report)
        if session.stopped_by not in (None, TIME_IS_UP):
            self._stop.ask(session.stopped_by)
            raise Interrupted
        if results is not None:
            self._check_identities(results)
        judged = judge_quality(asked.baseline, results, allows_digests=allows_digests)
        reported = report_quality(asked.baseline, results, allows_digests=allows_digests)
        return Rerun(
            findings=(*judged, *reported),
            warnings=() if results is None else results.damaged,
            folder=None if results is None else results.path,
        )

    def _check_identities(self, results: Results) -> None:
        """Refuse numbers of another thing than the baseline's: of another extractor, which shows only now."""
        problems = [
            line
            for cell in self._asked.baseline.cells
            for line in compare_identities(cell, [each for each in results.records if name_of(each.trial) == cell.name])
        ]
        if problems:
            raise SpecError(problems, f"what is compared with {self._asked.path}")
