"""A finished run becomes a baseline, or is refused: too few seeds, some left out, halves that differ."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from genbench.check import gates
from genbench.check.baseline import Baseline, Cell, Made
from genbench.check.findings import COLLAPSE, SPEEDS
from genbench.check.halves import halves
from genbench.check.rows import collapse_rule, row_of
from genbench.errors import BaselineError, SpecError
from genbench.metrics import catalogue
from genbench.resume import WHERE
from genbench.store import as_study

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from genbench.check.baseline import Speeds
    from genbench.record import Environment, Identity, Record
    from genbench.spec import Spec
    from genbench.store import Results

    Better = Literal["lower", "higher", "no"]

EXTRACTORS = "classifier-*.npz"  # in a run: those that were trained for it
# of a study: this machine's affair, and what a baseline holds by itself
APART = ("data_root", "workers", "rules", "plugins")
DIRECTIONS: dict[str, Better] = {entry.metric: entry.better for entry in catalogue.CATALOGUE}


def refuse_early(spec: Spec) -> None:
    """Refuse what could become no baseline, before anything is trained.

    Raises:
        SpecError: too few seeds, seeds that stop early, gates that nothing would measure.
    """
    problems = _seeds_problems(spec)
    measured = {*catalogue.standard("marks", "end"), *spec.metrics}
    for name in spec.gate:
        metric = name.partition(":")[0]
        if name not in (COLLAPSE, *SPEEDS) and metric not in measured and metric in DIRECTIONS:
            problems.append(f"gate '{name}': {metric} is measured where it is asked for alone: give --metrics {metric}")
    if problems:
        raise SpecError(problems, "what is asked of a baseline")


def make(
    results: Results,
    spec: Spec,
    *,
    sessions: Mapping[tuple[str, str], tuple[Speeds, ...]],
    command: str,
) -> Baseline:
    """Make a baseline of a finished run.

    Args:
        results: of the run, all of it.
        spec: what was asked.
        sessions: speeds by model and data set, see `genbench.check.sessions`.
        command: by which the user asked for it.

    Raises:
        BaselineError: the run is unfinished, damaged or too small, a gate can never fail, its halves differ.
    """
    records = tuple(record for record in results.records if record.trial.purpose == "score")
    _refuse([*_run_problems(results), *_seeds_problems(spec), *_environment_problems(records)], results)
    cells = _cells(results, records)
    _refuse([_lifeless(cell) for cell in cells if not any(row.status == "OK" for row in cell.seeds)], results)
    choice = gates.choose(cells, spec.gate, spec.rules)
    _refuse(choice.refused, results)
    compared = halves(choice.gates, cells)
    _refuse([f"{each.model} on {each.data}: {each.measure}: the first half of its seeds differs from the second, "
             f"p {each.p:.2g} of {each.level:.2g}: it was not made under one condition; make it again with other seeds"
             for each in compared if each.p < each.level], results)  # fmt: skip
    baseline = Baseline(
        study={key: value for key, value in as_study(spec).items() if key not in APART},
        rules=spec.rules,
        gates=choice.gates,
        cells=cells,
        references=results.references,
        halves=compared,
        extractors={name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in extractors(results).items()},
        environment=_public(records[0].environment),
        made=_made(results, records, command),
    )
    return with_sessions(baseline, sessions)


def with_sessions(baseline: Baseline, sessions: Mapping[tuple[str, str], tuple[Speeds, ...]]) -> Baseline:
    """Return a baseline with what fresh processes measured, by model and data set, and what its gates will find."""
    cells = tuple(cell.model_copy(update={"sessions": sessions.get(cell.name, ())}) for cell in baseline.cells)
    found = gates.with_detectable(baseline.gates, cells, baseline.rules)
    return baseline.model_copy(update={"cells": cells, "gates": found})


def extractors(results: Results) -> dict[str, Path]:
    """Return the files of the extractors that were trained in a run, by their names."""
    return {path.name: path for path in sorted(results.path.glob(EXTRACTORS))}


def _refuse(problems: Sequence[str], results: Results) -> None:
    if problems:
        raise BaselineError(problems, f"run {results.path}, which becomes no baseline")


def _seeds_problems(spec: Spec) -> list[str]:
    least, last, seeds = spec.rules.least_seeds, spec.rules.seeds[-1], len(spec.seeds)
    if spec.looks:
        return [f"seeds auto: expected a number that no result decides; give --seeds {max(least, last)}"]
    if seeds < least:
        return [f"a baseline needs at least {least} seeds, got {seeds}: give --seeds {least}"]
    if seeds < last:
        return [f"rules.seeds: the last look is at {last} seeds, and the baseline has {seeds}: give --seeds {last}"]
    return []


def _run_problems(results: Results) -> list[str]:
    problems = list(results.damaged)
    if results.missing:
        done = len(results.planned) - len(results.missing)
        problems.append(
            f"got {done} of {len(results.planned)} planned trials, expected all: a baseline is no choice of seeds; "
            f"go on with: genbench baseline --resume {results.path}"
        )
    if results.plan.looks:
        problems.append("its seeds were planned with looks, expected a number that no result decides")
    return problems


def _environment_problems(records: Sequence[Record]) -> list[str]:
    """Refuse seeds of several machines or versions: a baseline states one environment."""
    first = records[0].environment if records else None
    found = {key for record in records for key in WHERE if getattr(record.environment, key) != getattr(first, key)}
    if not found:
        return []
    return [f"its seeds ran with different {', '.join(sorted(found))}, expected one environment; begin with --fresh"]


def _lifeless(cell: Cell) -> str:
    statuses = ", ".join(sorted({row.status for row in cell.seeds}))
    return f"{' on '.join(cell.name)}: no seed is OK ({statuses}), so that nothing can become worse; leave it out"


def _cells(results: Results, records: Sequence[Record]) -> tuple[Cell, ...]:
    """Return a cell a model and data set, with a row a planned seed."""
    grouped: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        grouped.setdefault((record.trial.model.title, record.trial.data.name), []).append(record)
    return tuple(_cell(own, results) for own in grouped.values())


def _cell(records: list[Record], results: Results) -> Cell:
    trial = records[0].trial
    identities, better = _identities(records, results)
    cell = Cell(trial=trial, identities=identities, better=better, seeds=())
    rule = collapse_rule(records, results.references.get(trial.data.name), trial)
    return cell.model_copy(update={"seeds": tuple(row_of(record, cell, rule) for record in records)})


def _identities(records: Sequence[Record], results: Results) -> tuple[dict[str, Identity], dict[str, Better]]:
    """Return of what each value of a cell is one, by short name, and which way is better.

    Raises:
        BaselineError: the seeds do not agree.
    """
    found: dict[str, Identity] = {}
    better: dict[str, Better] = {}
    for record in records:
        for each in record.measures:
            at = (each.identity.split, each.variant, each.mark)
            if not record.is_ok or at != ("held_out", record.trial.model.variants[0], 1.0):
                continue
            name = f"{each.identity.metric}:{each.identity.features}"
            if found.setdefault(name, each.identity) != each.identity:
                _refuse([f"{name}: its seeds measured different things, expected one identity; use --fresh"], results)
            better[name] = DIRECTIONS.get(each.identity.metric, each.better or "no")
    return dict(sorted(found.items())), dict(sorted(better.items()))


def _public(environment: Environment) -> Environment:
    """Return an environment without where genbench keeps its files here: no number depends on that."""
    settings = {name: value for name, value in environment.settings.items() if not name.startswith("GENBENCH_")}
    return environment.model_copy(update={"settings": settings})


def _made(results: Results, records: Sequence[Record], command: str) -> Made:
    begun = [datetime.fromisoformat(record.started) for record in records]
    ended = [at + timedelta(seconds=record.wall_seconds) for at, record in zip(begun, records, strict=True)]
    return Made(
        command=command,
        run=results.name,
        commit=records[0].environment.commit,
        started=min(begun).isoformat(),
        seconds=(max(ended) - min(begun)).total_seconds(),
    )
