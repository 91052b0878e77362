"""Which configuration is chosen: by validation rows alone, as the tables rank models; what failed is worst."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.errors import SpecError
from genbench.tables.blocks import short_name
from genbench.tables.columns import Column, column, deciding
from genbench.tables.words import finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.record import Record
    from genbench.refs import Split

SPLIT: Split = "validation"


@dataclass(frozen=True, slots=True)
class Score:
    """One configuration's numbers by the measures that decide, the first before the second; None where it has none."""

    number: int
    values: tuple[float | None, ...]
    badness: tuple[float, ...]  # smaller is better, infinite where it failed

    @property
    def has_failed(self) -> bool:
        """Whether it counts as worst: it was not done well, or has no number."""
        return math.isinf(self.badness[0])


def tuning_of(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records of configurations that were tried, by model and number."""
    tried = [record for record in records if record.trial.purpose == "tune" and record.trial.tuned is not None]
    return tuple(sorted(tried, key=lambda each: (each.trial.model.title, number_of(each))))


def number_of(record: Record) -> int:
    """Return the number of a configuration."""
    assert record.trial.tuned is not None
    return record.trial.tuned.number


def measures_of(records: Sequence[Record], metric: str | None) -> tuple[Column, ...]:
    """Return the measures by which configurations of one data set are chosen.

    They are those that rank models in the tables, as far as validation rows have them, unless one is asked for.

    Raises:
        SpecError: the one that is asked for was measured of none.
    """
    found = {
        short_name(each.identity) for record in records for each in record.measures if each.identity.split == SPLIT
    }
    names = sorted(found)
    if not names:
        return ()
    features = records[0].trial.features
    if metric is None:
        return tuple(column(name) for name in deciding(names, features))
    of_metric = [name for name in names if metric in (name, name.partition(":")[0])]
    if not of_metric:
        data = records[0].trial.data.name
        raise SpecError([f"tune.metric {metric}: not measured on {data}, which has {', '.join(names)}"], "the search")
    judge = deciding(names, features)[0].partition(":")[2]
    return (column(next((name for name in of_metric if name.endswith(f":{judge}")), of_metric[0])),)


def score(record: Record, measures: Sequence[Column]) -> Score:
    """Return a configuration's score at the end of its training."""
    values = tuple(finite(record.measure(each.name, split=SPLIT)) if record.is_ok else None for each in measures)
    known = [value for value in values if value is not None]
    if not values or len(known) < len(values):
        return Score(number_of(record), values, (math.inf,) * max(1, len(values)))
    badness = (value if each.is_lower_better else -value for each, value in zip(measures, known, strict=True))
    return Score(number_of(record), values, tuple(badness))


def best_first(scores: Iterable[Score]) -> list[Score]:
    """Return scores in order; of equal ones, and where all failed, the lower number, which comes before, is chosen."""
    return sorted(scores, key=lambda each: (each.badness, each.number))
