"""Speeds against stored ones: advice, never a verdict, since the same code differs more between two sessions.

A stored median of another session missed by 5 % on 15 % of hosted runners' unchanged code; so these findings have no
say, and state what they could have seen.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from genbench.check.findings import SPEEDS, Finding, Gate
from genbench.check.seeds import judge_seeds
from genbench.check.throughput import speed_of
from genbench.check.verdicts import decided

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from genbench.check.baseline import Baseline, Cell
    from genbench.check.timings import Timing, TimingRequest
    from genbench.reporter import Reporter

PROCESSES = 5  # fresh ones of each cell


def time_cells(
    requests: Mapping[tuple[str, str], TimingRequest],
    time_one: Callable[[TimingRequest, int], Timing],
    report: Reporter,
    until: float,
) -> dict[tuple[str, str], list[Timing]]:
    """Time every cell in fresh processes, in turns, so that a busy minute does not hit one of them alone.

    Args:
        requests: what to time.
        time_one: times one of them, by its number.
        report: hears of each.
        until: of `time.monotonic`; what is left then is left out.
    """
    found: dict[tuple[str, str], list[Timing]] = {cell: [] for cell in requests}
    report.expect(PROCESSES * len(requests))
    for number in range(PROCESSES):
        for cell, request in requests.items():
            if time.monotonic() < until:
                found[cell].append(timing := time_one(request, number))
                what = f"speed of {cell[0]} on {cell[1]}, process {number + 1} of {PROCESSES}"
                report.done(what, timing.failure or "OK")
    return found


def advise(
    baseline: Baseline, timings: Mapping[tuple[str, str], Sequence[Timing]], *, is_same_machine: bool
) -> list[Finding]:
    """Return a finding without a say for each speed of which both sides have a number.

    A process that could not be timed ranks worst. There is one look, at as many processes as there are.
    """
    note = "advice only: stored speeds of " + ("another session" if is_same_machine else "another machine")
    cells = [(cell, timings[cell.name]) for cell in baseline.cells if cell.name in timings]
    found = (_finding(baseline, cell, measure, told, note) for cell, told in cells for measure in SPEEDS)
    return [each for each in found if each is not None]


def _finding(baseline: Baseline, cell: Cell, measure: str, timings: Sequence[Timing], note: str) -> Finding | None:
    before = [getattr(each, measure) for each in cell.sessions]
    now = [speed_of(each, measure) for each in timings]
    known = [each for each in now if each is not None]
    if not before or not known:
        return None
    better = "lower" if measure == "setup" else "higher"
    gate = Gate(model=cell.name[0], data=cell.name[1], measure=measure, better=better)
    rules = baseline.rules
    margins = {"worse": rules.slower, "much_worse": rules.much_slower}
    own = rules.model_copy(update={"seeds": (len(now),), "spending": rules.spending[:1], **margins})
    decision = judge_seeds(now, before, gate=gate, look=0, comparisons=1, rules=own)
    told = decided(gate, decision, (1, 1), (median(before), median(known)), (note,))
    return told.model_copy(update={"is_gated": False})
