"""What is said of a baseline when it is made: what it will find, when, and what it will not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from genbench.check import gates
from genbench.check.reachability import pair_looks
from genbench.escaping import plain

if TYPE_CHECKING:
    from genbench.check.baseline import Baseline, Cell
    from genbench.check.findings import Gate

WORSE = {"ratio": "{:.0%} worse", "deviations": "{:.1f} deviations worse", "rate": "{:.0%} more of the seeds"}


def remarks(baseline: Baseline) -> list[str]:
    """Return lines for people: comparisons, first looks, what each will find, what is left out, what failed."""
    choice = gates.choose(baseline.cells, baseline.study.get("gate", ()), baseline.rules)
    return [
        _counts(baseline),
        *(f"  {plain(str(gate))}: {_found(gate)}" for gate in baseline.gates),
        *(f"left out: {plain(reason)}" for reason in choice.left_out),
        *(line for cell in baseline.cells if (line := _failed(cell)) is not None),
        *_halves(baseline),
        _sessions(baseline),
    ]


def _counts(baseline: Baseline) -> str:
    rules = baseline.rules
    quality, throughput = (gates.count_of(baseline.gates, half) for half in ("quality", "throughput"))
    looks = [f"{rules.seeds[0]} seeds"] if quality else []
    looks += [f"{pair_looks(throughput, rules)[0]} pairs of processes"] if throughput else []
    comparisons = f"{len(baseline.gates)} comparisons, {quality} of quality and {throughput} of throughput"
    return f"{comparisons}; first looks at {' and '.join(looks)}"


def _found(gate: Gate) -> str:
    if gate.detectable is None:
        return "gated"
    return f"finds {WORSE[gate.scale].format(gate.detectable)} in 80 of 100 checks"


def _failed(cell: Cell) -> str | None:
    statuses = Counter(row.status for row in cell.seeds if row.status != "OK")
    if not statuses:
        return None
    listed = ", ".join(f"{count} {plain(status)}" for status, count in sorted(statuses.items()))
    where = " on ".join(map(plain, cell.name))
    return f"{where}: {statuses.total()} of {len(cell.seeds)} seeds failed ({listed}); they rank worst"


def _halves(baseline: Baseline) -> list[str]:
    if not baseline.halves:
        return []
    least = min(baseline.halves, key=lambda each: each.p)
    where = f"{plain(least.model)} on {plain(least.data)}, {plain(least.measure)}"
    return [f"its halves agree: the least p of {len(baseline.halves)} is {least.p:.2g} ({where}), refused under "
            f"{least.level:.2g}"]  # fmt: skip


def _sessions(baseline: Baseline) -> str:
    counts = sorted({len(cell.sessions) for cell in baseline.cells})
    told = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"speeds of {told} sessions a cell are kept; on another machine they are advisory"
