"""The results folder: a plan, one record an attempt, references; published whole or not at all."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.looks import Stopped
from genbench.plan import Plan
from genbench.record import Record, Reference, Trial
from genbench.store.sealed import load, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOPPED = "stopped.json"


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that tables are made from."""

    path: Path
    plan: Plan
    records: tuple[Record, ...]  # the last attempt at each trial, in the order of the plan
    references: dict[str, Reference]  # by the data set's name
    stopped: Stopped | None = None  # where planned looks ended the run

    @property
    def name(self) -> str:
        """Return the run's id."""
        return self.path.name

    @property
    def planned(self) -> tuple[Trial, ...]:
        """Return the trials and probes that are to have a record: of planned looks, those up to where they ended."""
        rounds = self.plan.rounds()
        if self.stopped is not None:
            rounds = rounds[: self.plan.looks.index(self.stopped.seeds) + 1]
        return (*(trial for each in rounds for trial in each), *self.plan.probes)


class RunFolder:
    """One run on disk: `plan.json`, `trials/<id>/attempt-<k>/record.json`, `references/<data>.json`, `stopped.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @classmethod
    def create(cls, output: Path, plan: Plan) -> RunFolder:
        """Make the folder of a new run under `output` and write its plan.

        Raises:
            ResultsError: the folder cannot be made or written.
        """
        folder = output / f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(8)}"
        try:
            folder.mkdir(parents=True)
            publish(folder / "plan.json", plan)
        except OSError as error:
            raise ResultsError(
                f"cannot write results to {output}: {error.strerror}; choose another --output"
            ) from error
        return cls(folder)

    def discard(self) -> None:
        """Remove a run of which nothing was run."""
        (self.path / "plan.json").unlink()
        self.path.rmdir()

    def attempt(self, trial: Trial) -> Path:
        """Make the folder of the next attempt at a trial."""
        tried = self.path / "trials" / trial.id
        tried.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(each.name.rpartition("-")[2]) for each in tried.glob("attempt-*")), default=0)
        folder = tried / f"attempt-{number}"
        folder.mkdir()
        return folder

    def publish_record(self, folder: Path, record: Record) -> None:
        """Acknowledge a record: once this returns it survives a crash."""
        publish(folder / "record.json", record)

    def publish_reference(self, reference: Reference) -> None:
        """Keep a data set's floor and controls."""
        folder = self.path / "references"
        folder.mkdir(exist_ok=True)
        publish(folder / f"{file_name(reference.data.name)}.json", reference)

    def publish_stop(self, stopped: Stopped) -> None:
        """Keep where planned looks ended the run."""
        publish(self.path / STOPPED, stopped)

    def read(self) -> Results:
        """Read the run back.

        Raises:
            ResultsError: a file is missing, damaged, too large, or of another schema.
        """
        plan = load(self.path / "plan.json", Plan)
        records = {record.trial.id: record for record in self._records()}
        ordered = [records[trial.id] for trial in (*plan.trials, *plan.probes) if trial.id in records]
        references = [load(path, Reference) for path in sorted((self.path / "references").glob("*.json"))]
        stopped = load(self.path / STOPPED, Stopped) if (self.path / STOPPED).exists() else None
        return Results(self.path, plan, tuple(ordered), {each.data.name: each for each in references}, stopped)

    def record_paths(self) -> list[Path]:
        """Return where records are, earlier attempts first."""
        return sorted((self.path / "trials").glob("*/attempt-*/record.json"), key=_attempt_number)

    def _records(self) -> Iterator[Record]:
        for path in self.record_paths():
            yield load_record(path)


def load_record(path: Path) -> Record:
    """Read a record where it was published.

    Raises:
        ResultsError: as `load` does, or it is the record of another trial or attempt.
    """
    record = load(path, Record)
    if (record.trial.id, record.attempt) != (path.parents[1].name, _attempt_number(path)):
        belongs = f"trials/{record.trial.id}/attempt-{record.attempt}"
        raise ResultsError(f"{path}: is a record of {belongs}; move it back there or delete it")
    return record


def file_name(name: str) -> str:
    """Turn a data set's name, which may hold a path, into a file's."""
    return re.sub(r"[^a-z0-9_.-]+", "_", name.lower())[:80]


def _attempt_number(path: Path) -> int:
    return int(path.parent.name.rpartition("-")[2])
