"""Which folder a run goes to: the one that is named, the newest that is unfinished and the same, or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.resume import Unfinished, differences, find_unfinished
from genbench.store import RunFolder, Watch, is_neighbour

if TYPE_CHECKING:
    from genbench.plan import Plan
    from genbench.reporter import Reporter
    from genbench.session import Ways
    from genbench.spec import Spec

LISTED = 12  # changes that are told one by one


def choose(ways: Ways, spec: Spec, plan: Plan, report: Reporter) -> RunFolder:
    """Return the run's folder, which exists and has this plan.

    Raises:
        ResultsError: the run that was named is damaged or asked for something else, or another harness works on it
            and timings need the machine alone.
    """
    folder = _named(ways, plan, report) or _unfinished(ways, plan, report)
    if folder is None:
        folder = RunFolder.create(ways.output, plan, spec)
        _announce(report, plan, f"run {folder.path.name}")
        return folder
    _check_neighbours(folder, plan)
    _announce(report, plan, f"going on with run {folder.path.name}")
    return folder


def _named(ways: Ways, plan: Plan, report: Reporter) -> RunFolder | None:
    """Return the run that the user named, its plan amended where he allows it."""
    if ways.resume is None:
        return None
    folder = RunFolder(ways.resume)
    changes = differences(folder.plan(), plan)
    if changes and not ways.allows_changes:
        listed = "\n".join([f"  - {change}" for change in changes[:LISTED]])
        if len(changes) > LISTED:
            listed += f"\n  - and {len(changes) - LISTED} more"
        raise ResultsError(
            f"{ways.resume}: what it was begun with has changed:\n{listed}\n"
            "undo that, begin anew with --fresh, or go on with --allow-changed, which runs what changed again"
        )
    for change in changes:
        report.say(f"allowed: {change}")
    if changes:
        folder.amend(plan)
    return folder


def _unfinished(ways: Ways, plan: Plan, report: Reporter) -> RunFolder | None:
    if ways.is_fresh or ways.resume is not None:
        return None
    found = find_unfinished(ways.output, plan)
    if isinstance(found, Unfinished):
        report.say(f"run {found.folder.path.name} is unfinished, but not gone on with: {'; '.join(found.changes)}")
        return None
    return found


def _check_neighbours(folder: RunFolder, plan: Plan) -> None:
    """Refuse to share a machine with a harness whose timings need it alone; where nobody is at work, tidy up."""
    missing = folder.read().missing
    living = Watch(folder.path).living()
    if not living:
        folder.sweep()
    neighbours = [owner for owner in living if is_neighbour(owner)]
    if neighbours and any(trial.purpose == "probe" or not trial.budget.is_exact for trial in missing):
        raise ResultsError(
            f"{folder.path}: {neighbours[0].name} is working on it, and what is timed needs the machine alone; "
            "wait for it or stop it, or begin another run with --fresh"
        )


def _announce(report: Reporter, plan: Plan, what: str) -> None:
    for model, data in plan.not_applicable:
        report.say(f"{model} on {data}: n/a, the model does not support this kind of data")
    if plan.search is not None:
        cells = len({(trial.model.title, trial.data.name) for trial in plan.tuning})
        told = f"{plan.search.trials} configurations of each, then {plan.search.seeds} fresh seeds"
        report.say(f"{what}: {cells} pairs of model and data set, {told}")
        return
    looks = f", with looks at {', '.join(map(str, plan.looks))} seeds" if plan.looks else ""
    device = f" on {plan.trials[0].device}" if plan.trials else ""
    report.say(f"{what}: {len(plan.trials)} trials{looks}, {len(plan.probes)} probes{device}")
