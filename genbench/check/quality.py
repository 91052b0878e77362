"""Quality by seeds: the candidate's records against the seeds of a baseline, at the looks that were planned."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from genbench.check.collapse import judge_collapse
from genbench.check.differences import is_identical
from genbench.check.findings import COLLAPSE, Finding, Gate
from genbench.check.gates import gate_of
from genbench.check.rows import collapse_rule, row_of
from genbench.check.seeds import judge_seeds
from genbench.check.verdicts import IDENTICAL, decided, missing, undecided

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.baseline import Baseline, Cell, SeedRow
    from genbench.check.decision import Decision
    from genbench.record import Record, Trial
    from genbench.store import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What there is of one cell: the baseline's seeds, and the candidate's in the order in which they were planned."""

    cell: Cell
    records: tuple[Record, ...]  # of the leading seeds that have theirs
    rows: tuple[SeedRow, ...]  # of the same

    def values(self, name: str, seeds: int) -> list[float | None]:
        """Return a measure of the candidate's first seeds, None where a seed failed."""
        return [row.values[name] for row in self.rows[:seeds]]

    def collapsed(self, seeds: int) -> list[bool]:
        """Tell which of the candidate's first seeds collapsed; a failed one counts, since it is no better."""
        return [row.counts_as_collapsed for row in self.rows[:seeds]]

    def lacks(self, name: str) -> bool:
        """Tell whether no seed that is OK has a measure that the baseline has."""
        good = [row for row in self.rows if row.status == "OK"]
        return bool(good) and all(
            (row.is_collapsed if name == COLLAPSE else row.values.get(name)) is None for row in good
        )


def judge_quality(baseline: Baseline, results: Results | None, *, allows_digests: bool = True) -> list[Finding]:
    """Return a finding for every gated comparison of quality, as far as there are records.

    Every planned look that is complete is judged in its turn, and the first one that decides has decided: the same
    records give the same findings, whether the check was cut short in between or not.

    Args:
        baseline: what is compared with.
        results: of the candidate; None where nothing was run.
        allows_digests: take equal samples of equal seeds for equal results.
    """
    gates = [gate for gate in baseline.gates if gate.half == "quality"]
    found = {cell: gather(baseline, *cell, results) for cell in dict.fromkeys(gate.cell for gate in gates)}
    return [_finding(baseline, gate, found[gate.cell], len(gates), allows_digests) for gate in gates]


def report_quality(baseline: Baseline, results: Results | None, *, allows_digests: bool = True) -> list[Finding]:
    """Return findings, which have no say, for every measure that is not gated; the arguments are `judge_quality`'s."""
    gated = {(gate.cell, gate.measure) for gate in baseline.gates}
    rest = [
        (cell, name)
        for cell in baseline.cells
        for name, better in cell.better.items()
        if (cell.name, name) not in gated and better != "no"
    ]
    found = {cell.name: gather(baseline, *cell.name, results) for cell, _ in rest}
    findings = [_reported(baseline, cell, name, found[cell.name], len(rest), allows_digests) for cell, name in rest]
    return [each for each in findings if each is not None]


def gather(baseline: Baseline, model: str, data: str, results: Results | None) -> Evidence | None:
    """Return what there is of a cell; None where the candidate has no such trials."""
    cell = baseline.cell(model, data)
    trials = [] if results is None else [each for each in results.plan.trials if name_of(each) == (model, data)]
    if cell is None or not trials:
        return None
    known = {} if results is None else {record.trial.id: record for record in results.records}
    records = []
    for trial in trials:
        if trial.id not in known:
            break
        records.append(known[trial.id])
    rule = collapse_rule(records, baseline.references.get(data), cell.trial)
    return Evidence(cell=cell, records=tuple(records), rows=tuple(row_of(each, cell, rule) for each in records))


def open_cells(baseline: Baseline, results: Results, *, allows_digests: bool) -> set[tuple[str, str]]:
    """Return the cells of which some gated comparison needs more seeds."""
    found = judge_quality(baseline, results, allows_digests=allows_digests)
    return {each.gate.cell for each in found if each.verdict == "INCONCLUSIVE"}


def name_of(trial: Trial) -> tuple[str, str]:
    """Return a trial's place in the grid."""
    return trial.model.title, trial.data.name


def _finding(
    baseline: Baseline, gate: Gate, evidence: Evidence | None, comparisons: int, allows_digests: bool
) -> Finding:
    """Judge one comparison at every look that is complete, until one decides."""
    if evidence is None:
        return missing(gate, "the candidate has no such trials: is the model still installed, with this kind of data?")
    if evidence.lacks(gate.measure):
        return missing(gate, "the candidate's trials no longer have this measure")
    looks = baseline.rules.seeds
    reached = [number for number, seeds in enumerate(looks) if seeds <= len(evidence.rows)]
    notes: tuple[str, ...] = ()
    if reached and allows_digests:
        is_same, note = is_identical(evidence.cell, evidence.records[: looks[0]], baseline.gates)
        if is_same:
            return _identical(gate, evidence, looks[0], len(looks))
        notes = (note,) if note else ()
    decision: Decision | None = None
    for number in reached:
        decision = _decide(baseline, gate, evidence, number, comparisons)
        if decision.verdict is not None:
            break
    if decision is None:
        return undecided(gate, f"{len(evidence.rows)} of the {looks[0]} seeds of the first look")
    middles, failed = _medians(gate, evidence, decision.n[1]), _failures(evidence, decision.n[1])
    return decided(gate, decision, (number + 1, len(looks)), middles, (*notes, *failed))


def _decide(baseline: Baseline, gate: Gate, evidence: Evidence, look: int, comparisons: int) -> Decision:
    rules, seeds = baseline.rules, baseline.rules.seeds[look]
    if gate.measure == COLLAPSE:
        before = [row.counts_as_collapsed for row in evidence.cell.seeds]
        return judge_collapse(evidence.collapsed(seeds), before, look=look, comparisons=comparisons, rules=rules)
    before_values = [row.values[gate.measure] for row in evidence.cell.seeds]
    now = evidence.values(gate.measure, seeds)
    return judge_seeds(now, before_values, gate=gate, look=look, comparisons=comparisons, rules=rules)


def _reported(
    baseline: Baseline, cell: Cell, name: str, evidence: Evidence | None, count: int, allows_digests: bool
) -> Finding | None:
    """Return what a measure came to that nobody gated; None where nothing can be said of it."""
    gate = gate_of(cell, name)
    if isinstance(gate, str) or evidence is None or len(evidence.rows) < baseline.rules.seeds[0]:
        return None
    if evidence.lacks(name) or all(row.status != "OK" for row in evidence.rows):
        return None
    found = _finding(baseline, gate, evidence, count, allows_digests)
    return found.model_copy(update={"is_gated": False})


def _identical(gate: Gate, evidence: Evidence, seeds: int, looks: int) -> Finding:
    _, now = _medians(gate, evidence, seeds)
    return Finding(
        gate=gate,
        verdict="PASS",
        reason=IDENTICAL,
        effect=0.0,
        baseline=now,  # of the same seeds
        candidate=now,
        n=(seeds, seeds),
        looks=(1, looks),
        detectable=gate.detectable,
    )


def _medians(gate: Gate, evidence: Evidence, seeds: int) -> tuple[float | None, float | None]:
    """Return what a reader compares: medians over the seeds that are OK, rates of collapse over all."""
    rows = evidence.rows[:seeds]
    if gate.measure == COLLAPSE:
        return _rate(evidence.cell.seeds), _rate(rows)
    return _median(evidence.cell.seeds, gate.measure), _median(rows, gate.measure)


def _failures(evidence: Evidence, seeds: int) -> tuple[str, ...]:
    """Return, in one line, how many of the candidate's seeds failed and why the first of them did."""
    failed = [record for record in evidence.records[:seeds] if not record.is_ok]
    if not failed:
        return ()
    told = f"{failed[0].status}: {failed[0].message}" if failed[0].message else failed[0].status
    return (f"{len(failed)} of {seeds} seeds failed: {told}",)


def _median(rows: Iterable[SeedRow], name: str) -> float | None:
    good = [value for row in rows if (value := row.values[name]) is not None]
    return median(good) if good else None


def _rate(rows: Sequence[SeedRow]) -> float | None:
    return sum(row.counts_as_collapsed for row in rows) / len(rows) if rows else None
