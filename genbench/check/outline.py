"""What a check is going to do, how long that will take, and what it can tell: said before anything is spent."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from genbench.check.reachability import pair_looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.baseline import Baseline, Cell
    from genbench.check.timings import TimingRequest

JUDGING = 2.0  # seconds a trial, besides its own; with many held-out rows it is more
LOADING, SETTLING = 4.0, 4.0  # seconds a pair, and a process: torch, the model, warming up, sampling


def outline(
    baseline: Baseline, requests: Sequence[TimingRequest], *, workers: int, halves: Iterable[str], is_paired: bool
) -> list[str]:
    """Return the plan of a check in a few lines.

    Args:
        baseline: what is compared with.
        requests: what is timed, one a cell.
        workers: trials side by side.
        halves: "quality", "throughput": what is judged.
        is_paired: whether there is another install to time against.
    """
    lines = []
    counts = {half: sum(gate.half == half for gate in baseline.gates) for half in ("quality", "throughput")}
    if "quality" in halves and counts["quality"]:
        first, last = (_trials(baseline.cells, seeds) / workers for seeds in (baseline.rules.seeds[0], _most(baseline)))
        lines.append(
            f"quality: {counts['quality']} comparisons with {len(baseline.cells[0].seeds)} seeds of the baseline; "
            f"{_listed(baseline.rules.seeds)} seeds of the candidate, {_span(first, last)}"
        )
    if "throughput" in halves and counts["throughput"] and is_paired:
        looks = pair_looks(counts["throughput"], baseline.rules)
        one = sum(_pair(each) for each in requests)
        lines.append(
            f"throughput: {counts['throughput']} comparisons; {_listed(looks)} pairs of processes for each of "
            f"{len(requests)} models and data sets, {_span(one * looks[0], one * looks[-1])}, as long again where "
            "something fails"
        )
    elif "throughput" in halves and counts["throughput"]:
        lines.append("throughput: not gated without --against; speeds are compared with stored ones, as advice only")
    rules = baseline.rules
    lines.append(
        f"at most {2 * rules.alpha:.0%} of checks of unchanged code fail; what is {rules.much_slower:.0%} slower or "
        f"{rules.much_worse:.0%} worse passes in at most {rules.beta:.0%}"
    )
    return lines


def _most(baseline: Baseline) -> int:
    return min(baseline.rules.seeds[-1], len(baseline.cells[0].seeds))


def _trials(cells: Sequence[Cell], seeds: int) -> float:
    """Return the seconds that so many seeds of every cell took when the baseline was made, one after another."""
    return sum(seeds * (JUDGING + median(row.seconds for row in cell.seeds)) for cell in cells)


def _pair(request: TimingRequest) -> float:
    return LOADING + 2 * (SETTLING + request.windows * request.window)


def _listed(looks: Sequence[int]) -> str:
    return f"{', '.join(map(str, looks[:-1]))} or {looks[-1]}"


def _span(first: float, last: float) -> str:
    return f"about {_minutes(first)} to {_minutes(last)} min"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 570 else f"{seconds / 60:.1f}"
