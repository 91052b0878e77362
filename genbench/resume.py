"""Go on with a run: find the one that is meant, and tell what has changed since it was begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.store import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from genbench.plan import Plan
    from genbench.record import Environment, Trial
    from genbench.tuning.search import Search

ASKED = ("name", "label", "options")  # of a model
Cell = tuple[str, str, int, str]  # model, data, seed, purpose: the same place of a grid, whatever else differs
WHERE = ("genbench", "code", "python", "cpu", "device_name", "driver", "packages")  # what decides numbers beside a plan


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that could go on."""

    folder: RunFolder
    changes: tuple[str, ...]  # why it does not


def find_unfinished(output: Path, plan: Plan) -> RunFolder | Unfinished | None:
    """Look under `output` for the newest unfinished run of the same plan, begun in the same environment.

    Returns:
        It; or the newest one that is almost the same, with what differs; or None.
    """
    almost, asked = None, _asked(plan)
    for path in sorted(output.glob("*/plan.json"), key=lambda each: each.stat().st_mtime, reverse=True):
        folder = RunFolder(path.parent)
        try:
            former = folder.plan()
            is_other = len(_begun(former)) != len(_begun(plan)) or _asked(former) != asked
            if is_other or folder.is_finished(former):
                continue
        except ResultsError:  # damaged: `genbench runs` and `validate` tell
            continue
        changes = differences(former, plan)
        if not changes:
            return folder
        almost = almost or Unfinished(folder, changes)
    return almost


def differences(former: Plan, plan: Plan) -> tuple[str, ...]:
    """Return, in words, in what a plan and its environment differ from those of a run."""
    return (*_plan_differences(former, plan), *_environment_differences(former.environment, plan.environment))


def _plan_differences(former: Plan, plan: Plan) -> list[str]:
    if plan.search is None and former.identity == plan.identity:
        return []
    before, after = _by_cell(former), _by_cell(plan)
    found = [f"{name}: only in the run" for name in _names(before.keys() - after.keys())]
    found += [f"{name}: not in the run" for name in _names(after.keys() - before.keys())]
    for cell in before.keys() & after.keys():
        found += [f"{_label(cell)}: {line}" for line in _field_differences(before[cell], after[cell])]
    if former.looks != plan.looks:
        found.append(f"looks at seeds: {former.looks}, now {plan.looks}")
    found += _search_differences(former.search, plan.search)
    return sorted(set(found))


def _field_differences(before: Trial, after: Trial) -> list[str]:
    """Name the fields of a trial that changed, of its model and data one by one."""
    old, new = (each.model_dump(mode="json") | {"budget": str(each.budget)} for each in (before, after))
    lines = []
    for part in ("model", "data"):
        first, second = old.pop(part), new.pop(part)
        lines += [f"{part} {key} {_change(first[key], second[key])}" for key in first if first[key] != second[key]]
    return lines + [f"{key} {_change(old[key], new[key])}" for key in old if old[key] != new[key]]


def _search_differences(before: Search | None, after: Search | None) -> list[str]:
    """Name what changed of what is searched."""
    old, new = ({} if each is None else each.model_dump(mode="json") for each in (before, after))
    keys = dict.fromkeys((*old, *new))
    return [f"search: {key} {_change(old.get(key), new.get(key))}" for key in keys if old.get(key) != new.get(key)]


def _begun(plan: Plan) -> tuple[Trial, ...]:
    """Return what a plan had when the run was begun: of a search the first configurations, and the first probes."""
    if plan.search is None:
        return (*plan.trials, *plan.probes)
    first = tuple(trial for trial in plan.tuning if trial.tuned is not None and trial.tuned.number == 0)
    options = {(trial.model.title, trial.data.name): trial.model.options for trial in first}
    probes = (each for each in plan.probes if options.get((each.model.title, each.data.name)) == each.model.options)
    return (*first, *probes)


def _environment_differences(before: Environment | None, after: Environment | None) -> list[str]:
    if before is None or after is None:
        return []
    old, new = (each.model_dump(mode="json", include=set(WHERE)) for each in (before, after))
    packages = {name: (old["packages"].get(name), version) for name, version in new["packages"].items()}
    lines = [f"environment: {name} {_change(*pair)}" for name, pair in packages.items() if pair[0] != pair[1]]
    return lines + [f"environment: {key} {_change(old[key], new[key])}" for key in WHERE[:-1] if old[key] != new[key]]


def _change(before: object, after: object) -> str:
    first, second = (str(each) for each in (before, after))
    return f"changed from {first[:60]} to {second[:60]}" if max(len(first), len(second)) <= 200 else "changed"


def _by_cell(plan: Plan) -> dict[Cell, Trial]:
    return {(trial.model.title, trial.data.name, trial.seed, trial.purpose): trial for trial in _begun(plan)}


def _asked(plan: Plan) -> set[str]:
    """Return what the user asked for: trials without what may change under his hands."""
    asked = (trial.model_dump(mode="json", exclude={"matmul"}) for trial in _begun(plan))
    found = {
        str(each | {"model": {key: each["model"][key] for key in ASKED}, "data": each["data"]["name"]})
        for each in asked
    }
    return found if plan.search is None else found | {plan.search.model_dump_json()}


def _label(cell: Cell) -> str:
    return f"{cell[0]} on {cell[1]}"


def _names(cells: Iterable[Cell]) -> list[str]:
    return sorted({f"{_label(cell)}, seed {cell[2]}" + (", probe" if cell[3] == "probe" else "") for cell in cells})
