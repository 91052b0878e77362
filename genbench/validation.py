"""Prove a results folder whole: every file readable, unaltered, in its place, and nothing left half written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.looks import Stopped
from genbench.plan import Plan
from genbench.record import Reference
from genbench.store import STOPPED, RunFolder, load, load_record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from genbench.record import Frozen


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at a results folder found."""

    problems: tuple[str, ...]
    records: int
    planned: int

    @property
    def summary(self) -> str:
        """Return one line for people."""
        state = f"{len(self.problems)} problems" if self.problems else "whole and unaltered"
        return f"{state}: {self.records} records of {self.planned} planned trials and probes"


def validate(path: Path) -> Report:
    """Look at every file of a run; problems are collected, each with its path.

    Raises:
        ResultsError: there is no readable plan, so that it is no run.
    """
    folder = RunFolder(path)
    plan = load(folder.path / "plan.json", Plan)
    planned = {trial.id for trial in (*plan.trials, *plan.probes)}
    problems = [f"{each}: was never finished writing" for each in sorted(folder.path.rglob("*.partial"))]
    seen = set()
    for each in folder.record_paths():
        try:
            record = load_record(each)
        except ResultsError as error:
            problems.append(str(error))
            continue
        seen.add(record.trial.id)
        if record.trial.id not in planned:
            problems.append(f"{each}: is of no trial in the plan")
        problems += [
            f"{each.parent / name}: is missing" for name in record.files.values() if not (each.parent / name).is_file()
        ]
    problems += _damaged(folder.path.glob("references/*.json"), Reference)
    problems += _damaged(folder.path.glob(STOPPED), Stopped)
    return Report(tuple(problems), len(seen & planned), len(planned))


def _damaged(paths: Iterable[Path], kind: type[Frozen]) -> list[str]:
    problems = []
    for each in sorted(paths):
        try:
            load(each, kind)
        except ResultsError as error:
            problems.append(str(error))
    return problems
