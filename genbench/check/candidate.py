"""The candidate's run: as many seeds as the comparisons need, with the baseline's extractors, floor and controls."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from genbench.check.quality import name_of, open_cells

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.check.baseline import Baseline
    from genbench.conduct import Conduct
    from genbench.plan import Plan
    from genbench.record import Trial
    from genbench.reporter import Reporter
    from genbench.spec import Spec
    from genbench.store import RunFolder


class Candidate:
    """Conduct a run by what a baseline still has to know.

    Args:
        baseline: what the run is compared with.
        features: folder of the extractors that came with it.
        allows_digests: take equal samples for equal results.
    """

    def __init__(self, baseline: Baseline, features: Path, *, allows_digests: bool = True) -> None:
        self._baseline = baseline
        self._features = features
        self._allows_digests = allows_digests
        self._open = {gate.cell for gate in baseline.gates if gate.half == "quality"}

    def furnish(self, folder: RunFolder) -> None:
        """Lay there what was measured and trained for the baseline, so that both are judged alike."""
        for name in self._baseline.extractors:
            shutil.copyfile(self._features / name, folder.path / name)
        for reference in self._baseline.references.values():
            folder.publish_reference(reference)

    def needs_reference(self, data: str) -> bool:
        """Measure the floor and the controls that did not come with the baseline."""
        return data not in self._baseline.references

    def wanted(self, trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
        """Return those of the cells that are open."""
        return tuple(trial for trial in trials if name_of(trial) in self._open)

    def is_enough(self, folder: RunFolder, plan: Plan, number: int, report: Reporter) -> bool:
        """Judge what there is: a cell all of whose comparisons are decided needs no more seeds."""
        self._open &= open_cells(self._baseline, folder.read(), allows_digests=self._allows_digests)
        left = ", ".join(sorted(f"{model} on {data}" for model, data in self._open))
        if left and number + 1 < len(plan.looks):
            report.say(f"after {plan.looks[number]} seeds not decided: {left}")
        return not self._open


def candidate_spec(baseline: Baseline, spec: Spec) -> Spec:
    """Return what is asked of the candidate: the first seeds of the baseline, in the planned looks, without probes."""
    looks = baseline.rules.seeds
    return spec.model_copy(update={"seeds": spec.seeds[: looks[-1]], "looks": looks, "probe": False})


if TYPE_CHECKING:
    _: type[Conduct] = Candidate
