"""Throughput by pairs: measured look by look until every comparison is decided; no FAIL without its control.

Pairs are published as they are made. The same check of the same code goes on with the pairs that there are: it can be
cut short at any moment, and it cannot be repeated until it is green.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from genbench.check.host import slowdowns
from genbench.check.pairs import is_host_biased, judge_pairs
from genbench.check.reachability import pair_looks
from genbench.check.timings import Pair
from genbench.check.verdicts import BIASED, TIME, UNTIMED, decided, undecided
from genbench.errors import StorageFault
from genbench.store import load, publish

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from genbench.check.decision import Decision
    from genbench.check.findings import Finding, Gate
    from genbench.check.host import HostWatch
    from genbench.check.pairing import Pairs
    from genbench.check.rules import Rules
    from genbench.check.timings import Timing, TimingRequest
    from genbench.reporter import Reporter

    CellName = tuple[str, str]

HOPELESS = 3  # pairs in a row of which the baseline could not be timed


@dataclass(kw_only=True)
class Throughput:
    """Time the cells of a check."""

    gates: tuple[Gate, ...]
    comparisons: int  # that share the error budget: these, and those that are missing
    rules: Rules
    requests: dict[CellName, TimingRequest]
    pairs: Pairs
    folder: Path  # where pairs are kept
    reporter: Reporter
    until: float  # of `time.monotonic`
    watch: HostWatch | None = None  # looks at the machine after each pair
    made: dict[CellName, list[Pair]] = field(default_factory=dict)
    controls: dict[CellName, list[Pair]] = field(default_factory=dict)

    def run(self) -> list[Finding]:
        """Measure until every comparison is decided, or the looks or the time are spent.

        Raises:
            Interrupted: the user asked to stop; the pairs that were made are kept.
            ResultsError: a pair of an earlier check is damaged.
            StorageFault: a pair cannot be kept.
        """
        for cell in self.requests:
            self.made[cell] = self._kept(cell, is_control=False)
            self.controls[cell] = self._kept(cell, is_control=True)
        looks = pair_looks(self.comparisons, self.rules)
        for count in looks:
            for cell in self.requests:
                if any(each.verdict == "INCONCLUSIVE" for each in self._judged(cell)):
                    self._measure(cell, count, is_control=False)
        return [self._controlled(each) for cell in self.requests for each in self._judged(cell)]

    def all_pairs(self) -> list[Pair]:
        """Return every pair, controls last."""
        return [pair for group in (self.made, self.controls) for pairs in group.values() for pair in pairs]

    def _judged(self, cell: CellName) -> list[Finding]:
        return [self._finding(gate, self.made[cell]) for gate in self.gates if gate.cell == cell]

    def _finding(self, gate: Gate, pairs: Sequence[Pair]) -> Finding:
        """Judge one comparison at every look that is complete, until one decides."""
        looks = pair_looks(self.comparisons, self.rules)
        if _is_hopeless(pairs):
            return undecided(gate, f"the baseline cannot be timed: {pairs[0].baseline.failure}", UNTIMED)
        decision, used = None, 0
        for number, count in enumerate(looks):
            if count <= len(pairs) and (decision is None or decision.verdict is None):
                decision, used = self._decide(gate, pairs[:count], number), number + 1
        if decision is None:
            return undecided(gate, f"{len(pairs)} of the {looks[0]} pairs of the first look")
        seen = pairs[: looks[used - 1]]
        medians = _rate(seen, gate, "baseline"), _rate(seen, gate, "candidate")
        return decided(gate, decision, (used, len(looks)), medians, _failures(seen))

    def _decide(self, gate: Gate, pairs: Sequence[Pair], look: int) -> Decision:
        found = slowdowns(pairs, gate.measure)
        return judge_pairs(found, look=look, comparisons=self.comparisons, rules=self.rules)

    def _controlled(self, finding: Finding) -> Finding:
        """Let no FAIL stand before a copy of the baseline, in the candidate's place, was seen not to be slow itself."""
        if finding.verdict != "FAIL" or finding.effect is None:
            return finding
        gate, look = finding.gate, finding.looks[0] - 1
        count = pair_looks(self.comparisons, self.rules)[look]
        self._measure(gate.cell, count, is_control=True)
        controls = self.controls[gate.cell][:count]
        if len(controls) < count:
            return _doubted(finding, TIME, f"{len(controls)} of the {count} pairs of the control arm")
        found = slowdowns(controls, gate.measure)
        decision = self._decide(gate, self.made[gate.cell][:count], look)
        control = self._decide(gate, controls, look).effect
        told = finding.model_copy(update={"control": control})
        if is_host_biased(found, decision, self.rules):
            return _doubted(told, BIASED, f"a copy of the baseline in the candidate's place is {control:+.1%} slower")
        return told

    def _keep(self, pair: Pair, path: Path) -> None:
        try:
            publish(path, pair)
        except OSError as error:
            told = f"cannot write {path}: {error.strerror or error}; once there is room the same command goes on"
            raise StorageFault(told) from error
        if self.watch is not None:
            self.watch.look()

    def _measure(self, cell: CellName, count: int, *, is_control: bool) -> None:
        """Bring a cell's pairs to `count`."""
        group = self.controls[cell] if is_control else self.made[cell]
        what = "control" if is_control else "pair"
        self.reporter.expect(max(0, count - len(group)))
        while len(group) < count and time.monotonic() < self.until and not (not is_control and _is_hopeless(group)):
            pair = self.pairs.run(self.requests[cell], len(group), is_control=is_control)
            self._keep(pair, self._path(cell, len(group), is_control=is_control))
            group.append(pair)
            failure = pair.candidate.failure or pair.baseline.failure
            self.reporter.done(f"{what} {len(group)} of {count}, {cell[0]} on {cell[1]}", failure or "OK")

    def _kept(self, cell: CellName, *, is_control: bool) -> list[Pair]:
        """Return the pairs of an earlier check of the same code, as far as they follow one another.

        Where the baseline could not be timed they are made again: what ailed it may be mended.
        """
        found: list[Pair] = []
        while (path := self._path(cell, len(found), is_control=is_control)).exists():
            found.append(load(path, Pair))
        if _is_hopeless(found):
            return []
        if found and not is_control:
            self.reporter.say(f"{cell[0]} on {cell[1]}: {len(found)} pairs of an earlier check of the same code count")
        return found

    def _path(self, cell: CellName, number: int, *, is_control: bool) -> Path:
        name = hashlib.sha256("\0".join(cell).encode()).hexdigest()[:8]  # the same, whatever else is timed
        return self.folder / f"{'control' if is_control else 'pair'}-{name}-{number:03}.json"


def _doubted(finding: Finding, reason: str, note: str) -> Finding:
    """Return a FAIL that is not proven."""
    update = {"verdict": "INCONCLUSIVE", "reason": reason, "notes": (*finding.notes, note)}
    return finding.model_copy(update=update)


def _is_hopeless(pairs: Sequence[Pair]) -> bool:
    return len(pairs) >= HOPELESS and all(pair.baseline.failure for pair in pairs[:HOPELESS])


def _failures(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return, each once, why processes of the candidate could not be timed."""
    return tuple(dict.fromkeys(pair.candidate.failure for pair in pairs if pair.candidate.failure is not None))


def _rate(pairs: Sequence[Pair], gate: Gate, arm: str) -> float | None:
    found = [value for pair in pairs if (value := speed_of(getattr(pair, arm), gate.measure)) is not None]
    return median(found) if found else None


def speed_of(timing: Timing, measure: str) -> float | None:
    """Return one number of a process: the median over windows of a speed, or the seconds of its set-up."""
    if measure == "setup":
        return timing.setup
    windows = timing.training if measure == "training" else timing.sampling
    return median(windows) if windows else None
