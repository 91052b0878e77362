"""Give a model up that fails the same way again and again, before it spends the time of all its seeds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genbench.status import INTERRUPTED, LOST, OK, SKIPPED

if TYPE_CHECKING:
    from genbench.record import Record

GIVE_UP_AFTER = 3
BY_CHANCE = frozenset({OK, "DIVERGED", "OVER_BUDGET"})  # of a seed: how often a model diverges is a result
UNTOLD = frozenset({INTERRUPTED, LOST, SKIPPED})  # nothing is known of the model


@dataclass
class Breaker:
    """Count failures in a row, by model and data set.

    Args:
        after: equal failures in a row after which the rest is not tried; 0: all are tried.
    """

    after: int = GIVE_UP_AFTER
    _rows: dict[tuple[str, str], tuple[str, int, str]] = field(default_factory=dict)

    def see(self, record: Record) -> None:
        """Take a record in; the order of records is that in which they ended."""
        cell = (record.trial.model.title, record.trial.data.name)
        if record.trial.purpose != "score" or record.status in UNTOLD:
            return
        if record.status in BY_CHANCE:
            self._rows.pop(cell, None)
            return
        kind = f"{record.status} {_without_numbers(record.message or '')}"
        former, count, _ = self._rows.get(cell, ("", 0, ""))
        self._rows[cell] = (kind, count + 1 if kind == former else 1, f"{record.status}: {record.message}")

    def given_up(self, cell: tuple[str, str]) -> str | None:
        """Return why a model is not tried any more on a data set, or None."""
        _, count, told = self._rows.get(cell, ("", 0, ""))
        if not self.after or count < self.after:
            return None
        return f"not tried: {count} in a row ended as {told}; --give-up-after 0 tries all"


def _without_numbers(message: str) -> str:
    """Make messages of one cause equal: addresses, seconds and steps differ."""
    return re.sub(r"0x[0-9a-f]+|\d[\d.,e+-]*", "#", message)
