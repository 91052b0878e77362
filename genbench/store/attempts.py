"""Who may attempt a trial, and which attempt's record counts: executed at least once, published at most once.

An attempt is a folder that appears at once with its owner in it, so that one harness of several gets it. Its record is
a file that is created once: by its owner, or as LOST by the harness that gave the owner up, which fences the owner off.
An attempt is followed by another only when its record is not the trial's last word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from genbench.errors import ResultsError
from genbench.record import Record
from genbench.status import INTERRUPTED, LOST
from genbench.store import durable
from genbench.store.lease import Owner
from genbench.store.sealed import content_of, load, publish_once, seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from genbench.record import Environment, Trial
    from genbench.store.lease import Watch

RECORD, OWNER, SUPERSEDED = "record.json", "lease.json", "superseded.json"
DAMAGED = "damaged"  # what a record that cannot be read is renamed to, with a number
OPEN = frozenset({INTERRUPTED, LOST})  # statuses that are not the last word on a trial
STATUS = re.compile(rb'^ "status": "([^"\\]*)"', re.MULTILINE)  # a record's own: what is in it is indented further
ATTEMPT = re.compile(r"attempt-([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a trial stands: done, taken by a harness that lives, or free for the attempt `next`."""

    state: Literal["done", "taken", "free"]
    next: int = 0
    owner: Owner | None = None  # who has it
    record: Record | None = None  # of the last attempt that has one


class Attempts:
    """The attempts at the trials of a run, as `owner` sees and makes them.

    Args:
        run: the run's folder.
        owner: this harness.
        watch: tells which others live.
        environment: for the records of attempts that were lost.
        retries: statuses after which to try again.
    """

    def __init__(
        self,
        run: Path,
        owner: Owner,
        watch: Watch,
        environment: Environment,
        retries: frozenset[str] = OPEN,
    ) -> None:
        self._run = run
        self._owner = owner
        self._watch = watch
        self._environment = environment
        self._retries = retries
        self.quarantined: list[Path] = []  # records that could not be read and were put aside

    def claim(self, trial: Trial) -> Path | None:
        """Make the folder of the next attempt at a trial; None where it is done or another harness has it.

        Raises:
            OSError: the disk is full or broken.
        """
        standing = self.standing(trial)
        if standing.state != "free":
            return None
        folder = folder_of(self._run, trial.id) / f"attempt-{standing.next}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder if durable.create_folder(folder, {OWNER: seal(self._owner)}) else None

    def standing(self, trial: Trial) -> Standing:
        """Tell where a trial stands; what a dead harness left is closed, and what is damaged is put aside."""
        tried = folders(self._run, trial.id)
        if not tried:
            return Standing("free", next=1)
        number, last = tried[-1]
        if not (last / RECORD).exists():
            owner = self._owner_of(last)
            if owner is not None and (owner.token == self._owner.token or self._watch.is_alive(owner)):
                return Standing("taken", owner=owner)
            self._close(trial, number, last)
        record = self._read(last)
        if record is None:  # it was damaged: nothing is known of this attempt any more
            self._close(trial, number, last)
            return Standing("free", next=number + 1)
        if record.status in self._retries:
            return Standing("free", next=number + 1, record=record)
        return Standing("done", record=record)

    def publish(self, folder: Path, record: Record) -> bool:
        """Acknowledge a record: once this returns it survives a crash. False: it came too late, and is kept beside.

        What no harness has written, but a plugin that found the folder, fences nobody off and is put aside.

        Raises:
            OSError: it is not acknowledged.
        """
        if publish_once(folder / RECORD, record):
            return True
        if self._read(folder) is None and publish_once(folder / RECORD, record):
            return True
        publish_once(folder / SUPERSEDED, record)
        return False

    def _close(self, trial: Trial, number: int, folder: Path) -> None:
        """Give an attempt up for its owner, who can publish no more."""
        lost = Record(
            trial=trial,
            attempt=number,
            status=LOST,
            message="its harness ended without a word about it",
            environment=self._environment,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            wall_seconds=0.0,
        )
        publish_once(folder / RECORD, lost)

    def _read(self, folder: Path) -> Record | None:
        try:
            return load_record(folder / RECORD)
        except ResultsError:
            (folder / RECORD).open("rb").close()  # what cannot be opened is not damaged: OSError
            number = 1 + len(list(folder.glob(f"{DAMAGED}-*.json")))
            durable.move(folder / RECORD, folder / f"{DAMAGED}-{number}.json")
            self.quarantined.append(folder / f"{DAMAGED}-{number}.json")
            return None

    @staticmethod
    def _owner_of(folder: Path) -> Owner | None:
        try:
            return load(folder / OWNER, Owner)
        except ResultsError:
            return None


def folder_of(run: Path, trial: str) -> Path:
    """Return where the attempts at a trial are."""
    return run / "trials" / trial


def folders(run: Path, trial: str) -> list[tuple[int, Path]]:
    """Return the attempts at a trial, earlier ones first."""
    return sorted(_attempts(folder_of(run, trial)))


def load_record(path: Path) -> Record:
    """Read a record where it was published.

    Raises:
        ResultsError: as `load` does, or it is the record of another trial or attempt.
    """
    record = load(path, Record)
    if (record.trial.id, record.attempt) != (path.parents[1].name, number_of(path.parent)):
        belongs = f"trials/{record.trial.id}/attempt-{record.attempt}"
        raise ResultsError(f"{path}: is a record of {belongs}; move it back there or delete it")
    return record


def status_in(path: Path) -> str:
    """Return the status of a record without reading the rest of it: for lists of thousands.

    Raises:
        ResultsError: the record is damaged or cannot be read.
    """
    found = STATUS.search(content_of(path))
    if found is None:
        raise ResultsError(f"{path}: damaged: it has no status")
    return found[1].decode()


def number_of(folder: Path) -> int:
    """Return the number of an attempt."""
    return int(folder.name.rpartition("-")[2])


def _attempts(tried: Path) -> Iterator[tuple[int, Path]]:
    for each in tried.iterdir() if tried.is_dir() else ():
        found = ATTEMPT.fullmatch(each.name)
        if found:
            yield int(found[1]), each
