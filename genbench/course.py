"""One attempt on its way from a planned trial to a published record."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from genbench.messages import Outcome
from genbench.record import Environment, Measure, Probe, Record, Spend
from genbench.status import INTERRUPTED, LOST, OK
from genbench.store.attempts import OPEN, folders, number_of

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.engines import Ended
    from genbench.record import Trial

LEAVINGS = ("samples", "snapshots")  # folders that are deleted once they were judged, unless kept
CHECKPOINT = "checkpoint.pt"  # where a later attempt goes on


@dataclass
class Course:
    """What is known so far of one attempt at `trial`, whose files are in `folder`."""

    trial: Trial
    folder: Path
    outcome: Outcome = field(default_factory=lambda: Outcome(status=OK))
    measures: tuple[Measure, ...] = ()
    probe: Probe | None = None
    ended: Ended | None = None  # of the process that trained
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def name(self) -> str:
        """Return the attempt's name for people."""
        probe = "probe of " if self.trial.purpose == "probe" else ""
        seed = "" if probe else f", seed {self.trial.seed}"
        if self.trial.purpose == "tune" and self.trial.tuned is not None:
            seed = f", configuration {self.trial.tuned.number}"
        return f"{probe}{self.trial.model.title} on {self.trial.data.name}{seed}"

    @property
    def earlier(self) -> Path | None:
        """Return the newest of the earlier attempts that left a checkpoint, or else the newest."""
        tried = self._earlier()
        left = [path for path in tried if (path / CHECKPOINT).exists()]
        return next(reversed(left or tried), None)

    @property
    def lost_samples(self) -> Path | None:
        """Return a file of samples that was written and is there no longer."""
        return next((each.path for each in self.outcome.samples if not each.path.exists()), None)

    def fail(self, status: str, message: str) -> None:
        """Give the attempt a status other than OK; what was spent and measured stays."""
        self.outcome = self.outcome.model_copy(update={"status": status, "message": message})

    def warn(self, *warnings: str) -> None:
        """Add warnings to the record."""
        self.outcome = self.outcome.model_copy(update={"warnings": (*self.outcome.warnings, *warnings)})

    def end(self, ended: Ended) -> None:
        """Take in how the process ended. If it told no result, the culprit is named.

        An attempt that stops unasked is lost: as interrupted it would be tried again without end.
        """
        self.ended = ended
        if ended.left_behind:
            self.warn(f"left {len(ended.left_behind)} processes behind, killed: {'; '.join(ended.left_behind)}")
        if ended.result is None:
            where = f" in {ended.phase}" + (f" after {ended.hand_outs} hand-outs" if ended.hand_outs else "")
            self.fail(ended.status, f"{self.trial.model.culprit}{where}: {ended.message}")
        elif self.outcome.status == INTERRUPTED and not ended.was_asked:
            self.fail(LOST, f"nobody had asked it to stop: {self.outcome.message}")

    def add_file(self, kind: str, name: str) -> None:
        """List a file of the folder in the record, if it is there."""
        if (self.folder / name).exists():
            self.outcome = self.outcome.model_copy(update={"files": {**self.outcome.files, kind: name}})

    def clear(self, keeps: frozenset[str]) -> None:
        """Delete what was only needed for judging; a failed attempt keeps its snapshots, to be sampled again.

        Earlier attempts keep nothing but their records once the last word is spoken.
        """
        is_open = self.outcome.status in OPEN
        for name in LEAVINGS:
            if name not in keeps and (self.outcome.status == OK or name == "samples"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        if is_open:
            return
        (self.folder / CHECKPOINT).unlink(missing_ok=True)
        for folder in self._earlier():
            (folder / CHECKPOINT).unlink(missing_ok=True)
            for name in LEAVINGS:
                shutil.rmtree(folder / name, ignore_errors=True)

    def _earlier(self) -> list[Path]:
        run, number = self.folder.parents[2], number_of(self.folder)
        return [path for each, path in folders(run, self.trial.id) if each < number]

    def record(self, environment: Environment, flops_per_example: float | None) -> Record:
        """Return the attempt as a record."""
        ended, outcome = self.ended, self.outcome
        return Record(
            trial=self.trial,
            attempt=number_of(self.folder),
            status=outcome.status,
            message=outcome.message,
            log_tail=None if ended is None or outcome.status == OK else ended.log_tail,
            hand_outs=ended.hand_outs if ended else 0,
            spend=self._spend(flops_per_example),
            marks=outcome.marks,
            measures=self.measures,
            probe=self.probe,
            environment=environment,
            digests=outcome.digests,
            files=outcome.files,
            clamped=outcome.clamped,
            oscillation=outcome.oscillation,
            kept=outcome.kept,
            continued=outcome.continued,
            is_conditional=outcome.is_conditional,
            sampling=outcome.sampling or self.trial.model.card.get("sampling"),
            warnings=outcome.warnings,
            started=self.started,
            wall_seconds=ended.seconds if ended else 0.0,
            side_by_side=ended.side_by_side if ended else 1,
        )

    def _spend(self, flops_per_example: float | None) -> Spend | None:
        """Complete what the process told with what only the supervisor knows."""
        spend = self.outcome.spend
        if spend is None:
            return None
        flops = None if flops_per_example is None else flops_per_example * spend.examples
        return spend.model_copy(update={"flops": flops, "is_shared": bool(self.ended and self.ended.was_shared)})
