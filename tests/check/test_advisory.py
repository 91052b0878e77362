"""Speeds beside stored ones: in turns, told as they come, and within the time that was given."""

from __future__ import annotations

import math

from genbench.check.advisory import PROCESSES, time_cells
from genbench.check.timings import Timing

CELLS = ("alpha", "digits"), ("beta", "digits")


class Heard:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.pieces, self.told = 0, []

    def say(self, text: str) -> None: ...

    def expect(self, pieces: int) -> None:
        self.pieces += pieces

    def done(self, what: str, status: str) -> None:
        self.told.append((what, status))


def _timed(until):
    heard, asked = Heard(), []

    def time_one(request, number):
        asked.append((request, number))
        return Timing(failure="OOM: much" if request == "b" else None)

    found = time_cells(dict(zip(CELLS, "ab", strict=True)), time_one, heard, until)
    return found, heard, asked


def test_cells_are_timed_in_turns_and_told() -> None:
    """Kills: minutes of silence; all processes of one model in one busy minute."""
    found, heard, asked = _timed(math.inf)
    assert asked[:4] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert {len(timings) for timings in found.values()} == {PROCESSES}
    assert heard.pieces == len(heard.told) == 2 * PROCESSES
    assert heard.told[1] == ("speed of beta on digits, process 1 of 5", "OOM: much")


def test_no_time_is_kept_to() -> None:
    """Kills: --max-minutes that advice does not heed."""
    found, _, asked = _timed(-math.inf)
    assert asked == []
    assert found == {cell: [] for cell in CELLS}
