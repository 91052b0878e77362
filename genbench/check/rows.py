"""What a seed came to, as a row of a baseline: made in one way, whether a baseline is made or compared with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from genbench.check.baseline import SeedRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genbench.check.baseline import Cell
    from genbench.record import Record, Reference, Trial
    from genbench.tables.collapse import Rule

SAMPLES = "samples:"  # how the names of their digests begin


def headline_features(trial: Trial) -> str:
    """Return the feature space in which a trial is gated by default: the classifier's, else the first."""
    return "classifier" if "classifier" in trial.features else trial.features[0]


def values_of(record: Record, cell: Cell) -> dict[str, float | None]:
    """Return a trial's values by short name: headline variant, held-out, end of training.

    None where it has none, and everywhere where the trial is not OK: it ranks worst, whatever was measured.
    """
    return {name: _finite(record.measure(name)) if record.is_ok else None for name in cell.identities}


def collapse_rule(records: Iterable[Record], reference: Reference | None, trial: Trial) -> Rule | None:
    """Return the rule of collapse for the trials of a cell by a data set's floor, as the tables have it.

    None where recall of the floor or of every trial was not measured.
    """
    from genbench.tables.collapse import rule_of  # pandas comes with the tables

    return rule_of(records, reference, headline_features(trial))


def row_of(record: Record, cell: Cell, rule: Rule | None) -> SeedRow:
    """Return what a trial came to; whether it collapsed is judged at the end of training, of trials that are OK."""
    return SeedRow(
        seed=record.trial.seed,
        trial=record.trial.id,
        status=record.status,
        values=values_of(record, cell),
        is_collapsed=rule.holds(record, 1.0) if rule is not None and record.is_ok else None,
        digests=record.digests,
        seconds=record.wall_seconds,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
