"""What a check is going to do, how long that will take, and what it can tell: said before anything is spent."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from genbench.check.findings import HALVES
from genbench.check.gates import count_of
from genbench.check.reachability import pair_looks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from genbench.check.baseline import Baseline, Cell
    from genbench.check.timings import TimingRequest

JUDGING = 2.0  # seconds a trial, besides its own; with many held-out rows it is more
LOADING = 4.0  # seconds a pair: both processes at once
WARM_UP = 4  # windows before those that count, at least


def outline(
    baseline: Baseline, requests: Sequence[TimingRequest], *, workers: int, halves: Collection[str], is_paired: bool
) -> list[str]:
    """Return the plan of a check in a few lines.

    Args:
        baseline: what is compared with.
        requests: what is timed, one a cell.
        workers: trials side by side.
        halves: "quality", "throughput": what is judged.
        is_paired: whether there is another install to time against.
    """
    lines: list[str] = []
    quality, throughput = (count_of(baseline.gates, half) if half in halves else 0 for half in HALVES)
    if quality:
        lines.append(f"quality: {quality} comparisons with {_seeds(baseline, workers)}")
    if throughput and is_paired:
        lines.append(
            f"throughput: {throughput} comparisons; {_pairs(pair_looks(throughput, baseline.rules), requests)}"
        )
    elif throughput:
        lines.append("throughput: not gated without --against; speeds are compared with stored ones, as advice only")
    judged = [half for half, is_judged in zip(HALVES, (quality, throughput and is_paired), strict=True) if is_judged]
    return [*lines, baseline.rules.promise(judged)] if judged else lines


def _seeds(baseline: Baseline, workers: int) -> str:
    first, last = (_trials(baseline.cells, seeds) / workers for seeds in (baseline.rules.seeds[0], _most(baseline)))
    planned = _listed(baseline.rules.seeds)
    return (
        f"{len(baseline.cells[0].seeds)} seeds of the baseline; {planned} seeds of the candidate, {_span(first, last)}"
    )


def _pairs(looks: Sequence[int], requests: Sequence[TimingRequest]) -> str:
    one = sum(_pair(each) for each in requests)
    return (
        f"{_listed(looks)} pairs of processes for each of {len(requests)} models and data sets, "
        f"{_span(one * looks[0], one * looks[-1])}, as long again where something fails"
    )


def _most(baseline: Baseline) -> int:
    return min(baseline.rules.seeds[-1], len(baseline.cells[0].seeds))


def _trials(cells: Sequence[Cell], seeds: int) -> float:
    """Return the seconds that so many seeds of every cell took when the baseline was made, one after another."""
    return sum(seeds * (JUDGING + median(row.seconds for row in cell.seeds)) for cell in cells)


def _pair(request: TimingRequest) -> float:
    """Return the seconds that a pair takes: each of two processes trains for its windows, and draws for as many."""
    return LOADING + 2 * 2 * (WARM_UP + request.windows) * request.window


def _listed(looks: Sequence[int]) -> str:
    first = ", ".join(map(str, looks[:-1]))
    return f"{first} or {looks[-1]}" if first else str(looks[-1])


def _span(first: float, last: float) -> str:
    told = [_minutes(first), _minutes(last)]
    return f"about {' to '.join(dict.fromkeys(told))} min"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 570 else f"{seconds / 60:.1f}"
