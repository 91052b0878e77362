"""A baseline: what a model did over many seeds, how that was made, and by which rules it is compared with."""

from __future__ import annotations

from typing import Any, Literal

from genbench.check.findings import Gate
from genbench.check.rules import Rules
from genbench.record import Environment, Identity, Reference, Trial
from genbench.refs import Frozen

SCHEMA = 1
FILE, FEATURES = "baseline.json", "features"  # in a baseline's folder: itself, and extractors trained for it


class SeedRow(Frozen):
    """One seed of one cell."""

    seed: int
    trial: str  # id
    status: str
    values: dict[str, float | None] = {}  # by short name: headline variant, held-out, end of training
    is_collapsed: bool | None = None  # None where the rule has no numbers
    digests: dict[str, str] = {}  # sha256 of "weights" and of "samples:<variant>"
    seconds: float  # of wall time, judging left out

    @property
    def counts_as_collapsed(self) -> bool:
        """Return whether it collapsed or failed: a model that gave nothing is no better than one that collapsed."""
        return self.status != "OK" or self.is_collapsed is True


class Speeds(Frozen):
    """What one fresh process measured: medians of its windows."""

    training: float  # examples/s
    sampling: float  # samples/s
    setup: float  # seconds


class Cell(Frozen):
    """A model on a data set."""

    trial: Trial  # of the first seed: what all of them have in common
    identities: dict[str, Identity]  # of each value
    better: dict[str, Literal["lower", "higher", "no"]]
    seeds: tuple[SeedRow, ...]  # in the order in which they were planned
    sessions: tuple[Speeds, ...] = ()  # of fresh processes, in order of time; advisory on any other machine

    @property
    def name(self) -> tuple[str, str]:
        """Return model and data set."""
        return self.trial.model.title, self.trial.data.name


class Halves(Frozen):
    """The baseline against itself: its first half of seeds against its second."""

    model: str
    data: str
    measure: str
    p: float  # two-sided
    level: float  # below which the baseline is refused


class Made(Frozen):
    """How a baseline came about."""

    command: str
    run: str  # id of the run, all of whose seeds are here: no best of several
    commit: str | None
    started: str  # ISO 8601, UTC
    seconds: float


class Baseline(Frozen):
    """What `genbench check` compares with."""

    schema_version: int = SCHEMA
    study: dict[str, Any]  # what was asked, as a study file would
    rules: Rules = Rules()
    gates: tuple[Gate, ...]
    cells: tuple[Cell, ...]
    references: dict[str, Reference]  # floor and controls, by data set; collapse is judged by this floor
    halves: tuple[Halves, ...]
    extractors: dict[str, str] = {}  # files in `features/`, with their sha256
    environment: Environment
    made: Made

    def cell(self, model: str, data: str) -> Cell | None:
        """Return a cell by name."""
        return next((each for each in self.cells if each.name == (model, data)), None)
