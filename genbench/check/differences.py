"""What differs between a baseline and what would be compared with it: refused, or told, never passed over.

Refused is what makes numbers of another thing: the data, the measure, the budget, the options. Told is what may shift
them a little: the machine, versions, threads. What is being judged, code, may differ: that is what a check is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genbench.check.findings import COLLAPSE, SPEEDS
from genbench.check.rows import SAMPLES, values_of
from genbench.escaping import plain
from genbench.plan import judged_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from genbench.check.baseline import Baseline, Cell
    from genbench.check.findings import Gate
    from genbench.plan import Plan
    from genbench.record import Environment, Record, Trial

REFUSED_OF_TRIAL = ("schema_version", "purpose", "budget", "precision", "compile")
REFUSED_OF_DATA = ("kind", "shape", "classes", "labelled", "counts", "hash", "scale", "mixture", "table", "alphabet")
REFUSED_OF_MODEL = ("batch_size", "variants")  # and every option
NOTED_OF_TRIAL = ("marks", "threads", "matmul", "protocol", "tuned")
NOTED_OF_ENVIRONMENT = ("genbench", "python", "platform", "cpu", "cores", "device_name", "driver")
# What may differ in silence. Of a trial: the names by which it is found, its seed, and of the model what is judged.
FREE_OF_TRIAL = ("seed",)
FREE_OF_MODEL = ("name", "label", "distribution", "module", "code", "hooks", "card")
FREE_OF_DATA = ("name",)
FREE_OF_ENVIRONMENT = ("code", "memory_bytes", "device_count", "commit")
OF_ALL_SAMPLES = ("fd", "kd", "precision", "recall", "density", "coverage")  # whose N the plan decides
# How settings begin that say where genbench keeps its files, and what led to a trial's `matmul`, which is told
FREE_SETTINGS = ("GENBENCH_", "torch.matmul_")
EQUAL = 1e-9  # relative, of numbers that another processor may round otherwise
ADVICE = "`genbench baseline` makes a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What differs, in words."""

    refused: tuple[str, ...]  # exit 2: nothing may be compared
    noted: tuple[str, ...]
    allows_digests: bool  # equal samples are taken for equal results
    is_same_machine: bool  # speeds of one and the other mean the same


def compare(baseline: Baseline, plan: Plan, environment: Environment) -> Differences:
    """Tell in what a plan that is about to run differs from what a baseline was made of.

    A cell that the plan lacks is no difference: its comparisons are missing, which fails. Nor is a model that is broken
    by now, of which no options are known: its trials fail, and rank worst.
    """
    broken = {each.model.title for each in plan.broken}
    refused, noted = [], []
    for cell in baseline.cells:
        trial = next((each for each in plan.trials if (each.model.title, each.data.name) == cell.name), None)
        if trial is not None:
            measures = [gate.measure for gate in baseline.gates if gate.cell == cell.name]
            where = " on ".join(map(plain, cell.name))
            lines = list(_refused(cell, trial, measures))
            lines += [] if trial.model.title in broken else _refused_of_model(cell.trial, trial)
            refused += [f"{where}: {line}; {ADVICE}" for line in lines]
            noted += [f"{where}: {line}" for line in _noted(cell.trial, trial)]
    before = baseline.environment
    if _kind(before.device) != _kind(environment.device):
        refused.append(f"device: {_change(_kind(before.device), _kind(environment.device))}; {ADVICE}")
    noted += _noted_of_environment(before, environment)
    return Differences(
        refused=tuple(dict.fromkeys(refused)),
        noted=tuple(dict.fromkeys(noted)),
        allows_digests=_minor(before) == _minor(environment),
        is_same_machine=_machine(before) == _machine(environment),
    )


def compare_identities(cell: Cell, records: Iterable[Record]) -> tuple[str, ...]:
    """Tell which numbers of a candidate are numbers of something else than the baseline's: extractor, k, N, split."""
    found = []
    for record in records:
        for each in record.measures:
            name = f"{each.identity.metric}:{each.identity.features}"
            at = (each.identity.split, each.variant, each.mark)
            known = cell.identities.get(name)
            if known is None or at != ("held_out", record.trial.model.variants[0], 1.0) or known == each.identity:
                continue
            old, new = known.model_dump(), each.identity.model_dump()
            changes = ", ".join(f"{key} {_change(old[key], new[key])}" for key in old if old[key] != new[key])
            found.append(f"{' on '.join(map(plain, cell.name))}: {plain(name)}: {changes}; {ADVICE}")
    return tuple(dict.fromkeys(found))


def is_identical(cell: Cell, records: Sequence[Record], gates: Iterable[Gate]) -> tuple[bool, str]:
    """Tell whether a candidate's trials came to exactly what the baseline's did, so that there is nothing to test.

    They did where all are OK, with seeds of the baseline, equal samples and equal gated values. The second answer is a
    note for people, where there is one.
    """
    rows = {row.seed: row for row in cell.seeds}
    seeds = [record.trial.seed for record in records]
    if not records or len(set(seeds)) < len(seeds) or not rows.keys() >= set(seeds):
        return False, ""
    if not all(record.is_ok and rows[record.trial.seed].status == "OK" for record in records):
        return False, ""
    drawn = [(_samples(rows[record.trial.seed].digests), _samples(record.digests)) for record in records]
    if any(not before or before != after for before, after in drawn):
        return False, ""
    names = [gate.measure for gate in gates if gate.cell == cell.name and gate.measure not in (COLLAPSE, *SPEEDS)]
    for record in records:
        before, after = rows[record.trial.seed].values, values_of(record, cell)
        if not all(_is_alike(before.get(name), after.get(name)) for name in names):
            return False, ("the samples are the baseline's, the measures are not: the code that measures has changed")
    return True, ""


def _samples(digests: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in digests.items() if name.startswith(SAMPLES)}


def _refused(cell: Cell, trial: Trial, measures: Sequence[str]) -> Iterator[str]:
    """Yield what makes a trial's numbers another thing than the baseline's, its model apart."""
    before = cell.trial
    old, new = (each.model_dump() | {"budget": str(each.budget)} for each in (before, trial))
    yield from _changes(old, new, REFUSED_OF_TRIAL)
    yield from (f"data {line}" for line in _changes(old["data"], new["data"], REFUSED_OF_DATA))
    if _kind(before.device) != _kind(trial.device):
        yield f"device: {_change(_kind(before.device), _kind(trial.device))}"
    count = judged_counts(trial.data)["held_out"]
    for name in measures:
        identity = cell.identities.get(name)
        if identity is None:
            continue
        if identity.features in before.features and identity.features not in trial.features:
            yield f"features {_change(before.features, trial.features)}, expected {identity.features}, which is gated"
        if identity.metric in before.metrics and identity.metric not in trial.metrics:
            yield f"metrics {_change(before.metrics, trial.metrics)}, expected {identity.metric}, which is gated"
        if identity.metric in OF_ALL_SAMPLES and identity.n != count:
            yield f"N of {plain(name)} {_change(identity.n, count)}"


def _refused_of_model(before: Trial, after: Trial) -> Iterator[str]:
    """Yield what makes the model another one than the user meant, whatever its code."""
    old, new = before.model, after.model
    yield from (f"model {line}" for line in _changes(old.model_dump(), new.model_dump(), REFUSED_OF_MODEL))
    options = sorted({*old.options, *new.options})
    yield from (f"option {plain(line)}" for line in _changes(old.options, new.options, options))


def _noted(before: Trial, after: Trial) -> Iterator[str]:
    old, new = before.model_dump(), after.model_dump()
    yield from _changes(old, new, (*NOTED_OF_TRIAL, "features", "metrics"))


def _noted_of_environment(before: Environment, after: Environment) -> Iterator[str]:
    old, new = before.model_dump(), after.model_dump()
    yield from _changes(old, new, NOTED_OF_ENVIRONMENT)
    if before.device != after.device:
        yield f"device {_change(before.device, after.device)}"
    yield from _changes(old["packages"], new["packages"], sorted({*before.packages, *after.packages}))
    told = sorted(name for name in {*before.settings, *after.settings} if not name.startswith(FREE_SETTINGS))
    yield from _changes(old["settings"], new["settings"], told)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if not _is_alike(old.get(key), new.get(key)):
            yield f"{key} {_change(old.get(key), new.get(key))}"


def _change(before: object, after: object) -> str:
    return f"changed from {plain(str(before), 80)} to {plain(str(after), 80)}"


def _is_alike(first: Any, second: Any) -> bool:
    """Whether two values are the same but for how floats were rounded."""
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=EQUAL, abs_tol=0.0) or (math.isnan(first) and math.isnan(second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_is_alike(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(_is_alike, first, second))
    return type(first) is type(second) and bool(first == second)


def _kind(device: str) -> str:
    return device.partition(":")[0]


def _minor(environment: Environment) -> tuple[str, ...]:
    """Return torch's minor release."""
    return tuple(environment.packages.get("torch", "").split("+")[0].split(".")[:2])


def _machine(environment: Environment) -> tuple[object, ...]:
    """Return what decides how fast the same code is."""
    torch = environment.packages.get("torch")
    return (environment.cpu, environment.device_name, environment.cores, environment.platform, torch)
