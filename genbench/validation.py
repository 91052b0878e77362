"""Prove a results folder whole: every file readable, unaltered, in its place, and nothing left half written."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.escaping import quoted
from genbench.looks import Stopped
from genbench.plan import Plan
from genbench.record import Record, Reference
from genbench.status import SKIPPED
from genbench.store import OPEN, REFERENCES, STOPPED, TRIALS, RunFolder, load, load_record
from genbench.store.attempts import DAMAGED, RECORD, SUPERSEDED
from genbench.store.durable import PARTIAL
from genbench.store.folder import SPEC, Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from genbench.refs import Frozen


LONGEST_NAME = 255  # characters of a file's name in a record


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at a results folder found."""

    problems: tuple[str, ...]
    remarks: tuple[str, ...]  # what is no damage: unfinished work, what was put aside
    records: int
    planned: int

    @property
    def summary(self) -> str:
        """Return one line for people."""
        state = f"{len(self.problems)} problems" if self.problems else "whole and unaltered"
        return f"{state}: {self.records} records of {self.planned} planned trials and probes"


def validate(path: Path) -> Report:
    """Look at every file of a run; problems are collected, each with its path.

    A write that a crash cut off is no problem: nothing of it was acknowledged, and its remains are no part of the run.

    Raises:
        ResultsError: there is no readable plan, so that it is no run.
    """
    folder = RunFolder(path)
    plan = folder.plan()
    planned = {trial.id for trial in plan.everything}
    former = [load(each, Plan) for each in sorted(folder.path.glob("plan-*.json"))]
    known = planned | {trial.id for each in former for trial in each.everything}
    problems: list[str] = []
    done: dict[str, list[Path]] = defaultdict(list)
    for each in folder.record_paths():
        try:
            load(each, Record, deep=True)
            record = load_record(each)
        except ResultsError as error:
            problems.append(str(error))
            continue
        problems += _inconsistencies(each, record, known)
        if record.status not in OPEN | {SKIPPED}:
            done[record.trial.id].append(each)
    problems += [
        f"{paths[-1]}: a second record of one trial, beside {paths[0]}" for paths in done.values() if paths[1:]
    ]
    problems += _damaged(folder.path.glob(f"{REFERENCES}/*.json"), Reference)
    problems += _damaged(folder.path.glob(STOPPED), Stopped)
    problems += _damaged(folder.path.glob(SPEC), Asked)
    return Report(tuple(problems), tuple(_remarks(folder)), len(done.keys() & planned), len(planned))


def _inconsistencies(path: Path, record: Record, known: set[str]) -> list[str]:
    strange = [] if record.trial.id in known else [f"{path}: is of no trial in the plan"]
    faults = (_file_fault(path.parent, name) for name in record.files.values())
    return strange + [fault for fault in faults if fault is not None]


def _remarks(folder: RunFolder) -> Iterator[str]:
    path = folder.path
    for each in sorted(path.rglob(f"*{PARTIAL}")):
        yield f"{each}: a write that was cut off, never acknowledged"
    for each in sorted(path.glob(f"{TRIALS}/*/attempt-*/{DAMAGED}-*.json")):
        yield f"{each}: was damaged and put aside"
    for each in sorted(path.glob(f"{TRIALS}/*/attempt-*/{SUPERSEDED}")):
        yield f"{each}: came too late, another harness had taken over"
    for each in sorted(path.glob(f"{TRIALS}/*/attempt-*")):
        if not (each / RECORD).exists():
            yield f"{each}: has no record, it is being worked on or was cut off"


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
