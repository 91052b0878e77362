"""Who decides how far a run goes: by default the plan, and its looks at whether more seeds are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genbench.looks import Stopped, undecided

if TYPE_CHECKING:
    from genbench.plan import Plan
    from genbench.record import Trial
    from genbench.reporter import Reporter
    from genbench.store import RunFolder


class Conduct(Protocol):
    """Has a say at four points of a run."""

    def furnish(self, folder: RunFolder) -> None:
        """Lay into the folder what need not be made again."""

    def needs_reference(self, data: str) -> bool:
        """Tell whether a data set's floor and controls are to be measured."""

    def wanted(self, trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
        """Return those of a round's trials that are still needed."""

    def is_enough(self, folder: RunFolder, plan: Plan, number: int, report: Reporter) -> bool:
        """Tell, after a round, whether the run ends here."""


class Planned:
    """Run what is planned; where looks are planned, to the one at which every pair of models is decided."""

    def furnish(self, folder: RunFolder) -> None:
        """Lay nothing there."""

    def needs_reference(self, data: str) -> bool:
        """Measure them all."""
        return True

    def wanted(self, trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
        """Return them all."""
        return trials

    def is_enough(self, folder: RunFolder, plan: Plan, number: int, report: Reporter) -> bool:
        """Look at what there is; publish where and why the run stops, or say which pairs need more seeds."""
        if not plan.looks:
            return False
        results, looks = folder.read(), plan.looks
        if results.stopped is not None:
            return results.stopped.seeds <= looks[number]
        pairs = undecided(results.records, results.references, looks)
        if pairs and looks[number] < looks[-1]:
            report.say(f"after {looks[number]} seeds not decided: {'; '.join(pairs)}")
            return False
        reason = "there is no pair to compare" if pairs is None else "every pair is decided"
        stopped = Stopped(seeds=looks[number], reason=f"not decided: {'; '.join(pairs)}" if pairs else reason)
        folder.publish_stop(stopped)
        report.say(f"stopped after {stopped.seeds} seeds: {stopped.reason}")
        return True


if TYPE_CHECKING:
    _: type[Conduct] = Planned
