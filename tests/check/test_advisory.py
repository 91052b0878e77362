"""Stored speeds beside today's: said, never judged by, whatever the processes did."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from genbench.check.advisory import PROCESSES, advise, time_cells
from genbench.check.baseline import Speeds
from genbench.check.reading import read
from genbench.check.timings import Timing

GOLDEN = read(Path(__file__).parent / "golden" / "schema-1")
(CELL,) = GOLDEN.cells
PACES = [0.98, 0.99, 1.0, 1.01, 1.02]
FAILED = Timing(failure="CRASHED(train): no")


def _baseline(number: int = 10):
    told = (PACES * 4)[:number]
    sessions = tuple(Speeds(training=100 * each, sampling=1000 * each, setup=each) for each in told)
    return GOLDEN.model_copy(update={"cells": (CELL.model_copy(update={"sessions": sessions}),)})


def _timings(slower: float = 0.0, number: int = 5) -> list[Timing]:
    paces = [each / (1 + slower) for each in PACES[:number]]
    return [Timing(training=(9e9, 100 * each, 1.0), sampling=(1000 * each,), setup=1 / each) for each in paces]


def _advised(timings, *, baseline=None, is_same_machine=True):
    found = advise(baseline or _baseline(), {CELL.name: timings}, is_same_machine=is_same_machine)
    return {each.gate.measure: each for each in found}


def test_equal_speeds_are_told_and_have_no_say() -> None:
    """Kills: advice that counts for the exit code; means of windows for medians."""
    found = _advised(_timings())
    assert list(found) == ["training", "sampling", "setup"]
    assert not any(each.is_gated for each in found.values())
    assert (found["training"].baseline, found["training"].candidate) == (100.0, 100.0)
    assert found["training"].effect == pytest.approx(0, abs=1e-9)
    assert (found["training"].n, found["training"].looks) == ((10, 5), (1, 1))


@pytest.mark.parametrize("measure", ["training", "sampling", "setup"])
def test_slower_is_worse_whichever_way_the_measure_goes(measure) -> None:
    """Kills: seconds taken for a speed; margins of quality, by which 8 % slower never fails."""
    found = _advised(_timings(slower=0.2))[measure]
    assert found.effect == pytest.approx(0.2, abs=0.03)
    assert found.verdict == "FAIL"
    assert _advised(_timings(slower=0.08))[measure].verdict == "FAIL"
    assert _advised(_timings(slower=-0.2))[measure].verdict == "PASS"


@pytest.mark.parametrize(("is_same", "where"), [(True, "another session"), (False, "another machine")])
def test_it_is_said_where_the_stored_speeds_come_from(is_same, where) -> None:
    assert _advised(_timings(), is_same_machine=is_same)["training"].notes == (
        f"advice only: stored speeds of {where}",
    )


@pytest.mark.parametrize("number", [1, 3, 4])
def test_fewer_processes_than_planned_are_still_compared(number) -> None:
    """Kills: a traceback since a look at seeds was planned for 5."""
    assert _advised(_timings(number=number))["training"].n == (10, number)


def test_a_process_that_failed_ranks_worst() -> None:
    """Kills: processes that crash left out, or taken for a look that was not planned."""
    found = _advised([*_timings()[:4], FAILED])["training"]
    assert found.n == (10, 5)
    assert found.candidate == pytest.approx(99.5)
    mostly = _advised([_timings()[0], FAILED, FAILED, FAILED, FAILED])["training"]
    assert mostly.verdict == "FAIL" and mostly.effect is None


def test_what_it_could_have_seen_is_of_so_many_processes() -> None:
    """Kills: a detectable effect told as of 20 processes, where there were 5."""
    few, many = (_advised(_timings(number=5) * times)["training"].detectable for times in (1, 4))
    assert few > 1.05 * many


def test_without_numbers_on_both_sides_nothing_is_said() -> None:
    assert _advised([FAILED] * 5) == {}
    assert _advised([]) == {}
    assert _advised(_timings(), baseline=_baseline(0)) == {}
    assert advise(_baseline(), {}, is_same_machine=True) == []


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
