"""A run on disk: what was asked, the plan, attempts, references; everything that tables are made from."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from genbench.errors import ResultsError
from genbench.escaping import plain
from genbench.looks import Stopped
from genbench.plan import Plan
from genbench.record import Record, Reference, Trial
from genbench.refs import Frozen
from genbench.store import durable
from genbench.store.attempts import OPEN, RECORD, folders, load_record, status_in
from genbench.store.lease import HARNESSES
from genbench.store.sealed import collection_paused, load, publish, seal

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.spec import Spec

PLAN, SPEC, STOPPED, REFERENCES, TRIALS = "plan.json", "spec.json", "stopped.json", "references", "trials"


class Asked(Frozen):
    """What the user asked for, as it was understood; read again when the run is gone on with."""

    study: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that tables are made from."""

    path: Path
    plan: Plan
    records: tuple[Record, ...]  # the last word on each trial, in the order of the plan
    references: dict[str, Reference]  # by the data set's name
    stopped: Stopped | None = None  # where planned looks ended the run
    unfinished: tuple[Record, ...] = ()  # of attempts that were interrupted, lost or skipped, and not made up for
    damaged: tuple[str, ...] = ()  # what could not be read

    @property
    def name(self) -> str:
        """Return the run's id."""
        return self.path.name

    @property
    def planned(self) -> tuple[Trial, ...]:
        """Return the trials and probes that are to have a record: of planned looks, those up to where they ended."""
        return planned_of(self.plan, self.stopped)

    @property
    def missing(self) -> tuple[Trial, ...]:
        """Return the trials and probes on which the last word is not spoken."""
        done = {record.trial.id for record in self.records}
        return tuple(trial for trial in self.planned if trial.id not in done)


class RunFolder:
    """One run: `spec.json`, `plan.json`, `trials/<id>/attempt-<k>/record.json`, `references/`, `stopped.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @classmethod
    def create(cls, output: Path, plan: Plan, spec: Spec | None = None) -> RunFolder:
        """Make the folder of a new run under `output`, with its plan.

        Raises:
            ResultsError: the folder cannot be made or written.
        """
        folder = output / f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(8)}"
        files = {PLAN: seal(plan)} | ({} if spec is None else {SPEC: seal(Asked(study=as_study(spec)))})
        try:
            output.mkdir(parents=True, exist_ok=True)
            durable.create_folder(folder, files)
        except OSError as error:
            raise ResultsError(
                f"cannot write results to {output}: {error.strerror}; choose another --output"
            ) from error
        return cls(folder)

    def discard(self) -> None:
        """Remove a run of which nothing was run."""
        for name in (SPEC, PLAN):
            (self.path / name).unlink(missing_ok=True)
        self.path.rmdir()

    def plan(self) -> Plan:
        """Return what the run does.

        Raises:
            ResultsError: this is no run, or its plan is damaged.
        """
        return load(self.path / PLAN, Plan)

    def amend(self, plan: Plan) -> None:
        """Put a changed plan in the place of the former, which is kept."""
        former = self.plan()
        publish(self.path / f"plan-{former.digest()}.json", former)
        publish(self.path / PLAN, plan)

    def extend(self, plan: Plan) -> None:
        """Put a plan in the place of one of which it has every trial, and more; else leave what is there."""
        known = {trial.id for trial in self.plan().everything}
        if known < {trial.id for trial in plan.everything}:
            publish(self.path / PLAN, plan)

    def spec(self) -> Spec:
        """Return what was asked.

        Raises:
            ResultsError: it is not there, damaged, or names what is no longer installed.
        """
        from genbench.spec import Spec

        asked = load(self.path / SPEC, Asked)
        try:
            return Spec.model_validate(asked.study)
        except ValidationError as error:
            raise ResultsError(f"{self.path / SPEC}: {plain(error.errors()[0]['msg'])}") from None

    def publish_reference(self, reference: Reference) -> None:
        """Keep a data set's floor and controls."""
        folder = self.path / REFERENCES
        folder.mkdir(exist_ok=True)
        publish(folder / f"{file_name(reference.data.name)}.json", reference)

    def publish_stop(self, stopped: Stopped) -> None:
        """Keep where planned looks ended the run."""
        publish(self.path / STOPPED, stopped)

    def stopped(self) -> Stopped | None:
        """Return where planned looks ended the run.

        Raises:
            ResultsError: the file is damaged.
        """
        return load(self.path / STOPPED, Stopped) if (self.path / STOPPED).exists() else None

    def read(self) -> Results:
        """Read the run back; records and references that are damaged are named in `damaged`.

        Raises:
            ResultsError: the plan is missing or damaged.
        """
        plan = self.plan()
        damaged: list[str] = []
        with collection_paused():
            last = [self._last_record(trial.id, damaged) for trial in plan.everything]
        found = [record for record in last if record is not None]
        return Results(
            path=self.path,
            plan=plan,
            records=tuple(record for record in found if record.status not in OPEN),
            references=self._references(damaged),
            stopped=self.stopped(),
            unfinished=tuple(record for record in found if record.status in OPEN),
            damaged=tuple(damaged),
        )

    def sweep(self) -> None:
        """Remove what writes that were cut off left behind; nobody may be at work."""
        for path in [*self.path.rglob(f"*{durable.PARTIAL}"), *(self.path / HARNESSES).glob("*.json")]:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def statuses(self, plan: Plan, damaged: list[str]) -> dict[str, str]:
        """Return the last word on each trial, by its id; what is damaged is added to `damaged`."""
        found = {}
        for trial in plan.everything:
            name = trial.id
            path = self._last_path(name)
            try:
                status = None if path is None else status_in(path)
            except ResultsError as error:
                damaged.append(str(error))
                continue
            if status is not None and status not in OPEN:
                found[name] = status
        return found

    def is_finished(self, plan: Plan) -> bool:
        """Tell whether the last word on every planned trial is spoken; a damaged record speaks none."""
        done = self.statuses(plan, [])
        return not plan.is_open and all(trial.id in done for trial in planned_of(plan, self.stopped()))

    def record_paths(self) -> list[Path]:
        """Return where records are, earlier attempts first."""
        trials = self.path / TRIALS
        tried = sorted(trials.iterdir()) if trials.is_dir() else []
        paths = (path / RECORD for each in tried for _, path in folders(self.path, each.name))
        return [path for path in paths if path.exists()]

    def _last_record(self, trial: str, damaged: list[str]) -> Record | None:
        path = self._last_path(trial)
        try:
            return None if path is None else load_record(path)
        except ResultsError as error:
            damaged.append(str(error))
            return None

    def _last_path(self, trial: str) -> Path | None:
        paths = (folder / RECORD for _, folder in reversed(folders(self.path, trial)))
        return next((path for path in paths if path.exists()), None)

    def _references(self, damaged: list[str]) -> dict[str, Reference]:
        found = {}
        for path in sorted((self.path / REFERENCES).glob("*.json")):
            try:
                reference = load(path, Reference)
                found[reference.data.name] = reference
            except ResultsError as error:
                damaged.append(str(error))
        return found


def as_study(spec: Spec) -> dict[str, Any]:
    """Put what was asked as a study file would, so that it is checked again as such."""
    return spec.model_dump(mode="json", exclude_defaults=True) | {"budget": str(spec.budget)}


def planned_of(plan: Plan, stopped: Stopped | None) -> tuple[Trial, ...]:
    """Return the trials and probes of a plan that are to have a record."""
    rounds = plan.rounds()
    if stopped is not None:
        rounds = rounds[: plan.looks.index(stopped.seeds) + 1]
    return (*(trial for each in rounds for trial in each), *plan.probes, *plan.tuning)


def file_name(name: str) -> str:
    """Turn a data set's name, which may hold a path, into a file's."""
    return re.sub(r"[^a-z0-9_.-]+", "_", name.lower())[:80]
