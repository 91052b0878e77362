"""What a check says before it spends anything: what it compares, how long that takes, how often it errs."""

from __future__ import annotations

from pathlib import Path

import pytest

from genbench.check.outline import JUDGING, outline
from genbench.check.reading import read
from genbench.check.rules import Rules
from genbench.check.timings import TimingRequest

BASELINE = read(Path(__file__).parent / "golden" / "schema-1")
(CELL,) = BASELINE.cells
REQUEST = TimingRequest(model="null", data=CELL.trial.data, train=Path("/rows"), windows=10, window=0.5)
BOTH = ("quality", "throughput")


def _told(baseline=BASELINE, requests=(REQUEST,), *, workers=1, halves=BOTH, is_paired=True) -> list[str]:
    return outline(baseline, requests, workers=workers, halves=halves, is_paired=is_paired)


def _slow(seconds: float):
    rows = tuple(row.model_copy(update={"seconds": seconds - JUDGING}) for row in CELL.seeds)
    return BASELINE.model_copy(update={"cells": (CELL.model_copy(update={"seeds": rows}),)})


def test_the_plan_of_a_check() -> None:
    """Kills: comparisons of one half counted in the other; looks that are not the planned ones."""
    assert _told(_slow(60.0)) == [
        "quality: 3 comparisons with 20 seeds of the baseline; 5, 10 or 20 seeds of the candidate, about 5.0 to 20 min",
        "throughput: 2 comparisons; 12, 24 or 48 pairs of processes for each of 1 models and data sets, "
        "about 6.4 to 26 min, as long again where something fails",
        "unchanged code fails in at most 1 % of checks; what is 10 % slower or 25 % worse passes in at most 5 %",
    ]


@pytest.mark.parametrize(("workers", "span"), [(1, "5.0 to 20"), (2, "2.5 to 10"), (4, "1.2 to 5.0")])
def test_workers_share_the_seeds(workers, span) -> None:
    """Kills: workers multiplied, or left out."""
    assert _told(_slow(60.0), workers=workers)[0].endswith(f"about {span} min")


def test_every_cell_takes_its_time() -> None:
    """Kills: the time of one cell told for all."""
    slow = _slow(60.0)
    twice = slow.model_copy(update={"cells": slow.cells * 2})
    quality, throughput, _ = _told(twice, (REQUEST, REQUEST))
    assert quality.endswith("about 10 to 40 min")
    assert "each of 2 models and data sets, about 13 to 51 min" in throughput


def test_the_pairs_are_those_that_can_fail() -> None:
    """Kills: the planned first look told where more comparisons need more pairs."""
    gates = tuple(
        gate.model_copy(update={"model": f"m{number}"}) for number in range(32) for gate in BASELINE.gates[3:]
    )
    (line, _) = _told(BASELINE.model_copy(update={"gates": gates}))
    assert line.startswith("throughput: 64 comparisons; 15, 24 or 48 pairs")


@pytest.mark.parametrize(
    ("changes", "worse"),
    [
        ({"halves": ("quality",)}, "25 % worse"), ({"halves": ("throughput",)}, "10 % slower"),
        ({"is_paired": False}, "25 % worse"),
    ],
)  # fmt: skip
def test_only_what_is_judged_is_promised(changes, worse) -> None:
    """Kills: 1 % said of half a check; a slowdown said to be found that nothing looks for."""
    promise = "unchanged code fails in at most 0.5 % of checks; what is {} passes in at most 5 %"
    assert _told(**changes)[-1] == promise.format(worse)


def test_without_a_pair_speeds_are_advice() -> None:
    assert _told(halves=("throughput",), is_paired=False) == [
        "throughput: not gated without --against; speeds are compared with stored ones, as advice only"
    ]


def test_a_single_look_is_told_as_one() -> None:
    """Kills: "or 5 seeds", and a span from a number to itself."""
    rules = Rules(spending=(0.9,), seeds=(5,), pairs=(12,))
    quality, throughput, _ = _told(_slow(60.0).model_copy(update={"rules": rules}))
    assert quality.endswith("; 5 seeds of the candidate, about 5.0 min")
    assert "; 12 pairs of processes for each of 1 models and data sets, about 6.4 min, as long" in throughput
