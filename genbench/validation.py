"""Prove a results folder whole: every file readable, unaltered, in its place, and nothing left half written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.escaping import quoted
from genbench.looks import Stopped
from genbench.plan import Plan
from genbench.record import Record, Reference
from genbench.store import STOPPED, RunFolder, load, load_record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from genbench.record import Frozen


LONGEST_NAME = 255  # characters of a file's name in a record


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
            load(each, Record, deep=True)
            record = load_record(each)
        except ResultsError as error:
            problems.append(str(error))
            continue
        seen.add(record.trial.id)
        if record.trial.id not in planned:
            problems.append(f"{each}: is of no trial in the plan")
        problems += [fault for name in record.files.values() if (fault := _file_fault(each.parent, name)) is not None]
    problems += _damaged(folder.path.glob("references/*.json"), Reference)
    problems += _damaged(folder.path.glob(STOPPED), Stopped)
    return Report(tuple(problems), len(seen & planned), len(planned))


def _file_fault(attempt: Path, name: str) -> str | None:
    """Return what is wrong with a file that a record lists: it lies in the attempt's folder, and is there."""
    listed = attempt / name
    parts = PurePosixPath(name).parts
    is_outside = ".." in parts or "\0" in name or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor
    if is_outside or len(name) > LONGEST_NAME:
        return f"{attempt / 'record.json'}: lists {quoted(name)}, expected a file in the attempt's own folder"
    links = [each for each in (listed, *listed.parents[: len(parts) - 1]) if each.is_symlink()]
    if links:
        return f"{links[0]}: is a symbolic link, expected the file itself"
    return None if listed.is_file() else f"{listed}: is missing"


def _damaged(paths: Iterable[Path], kind: type[Frozen]) -> list[str]:
    problems = []
    for each in sorted(paths):
        try:
            load(each, kind)
        except ResultsError as error:
            problems.append(str(error))
    return problems
