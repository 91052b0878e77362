"""What a baseline is gated by: the standard comparisons of every cell, those asked for, and what can never fail."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from genbench.check.detectable import detectable_effect
from genbench.check.findings import COLLAPSE, SPEEDS, Gate
from genbench.check.reachability import collapse_problem, pairs_problem, seeds_problem
from genbench.check.rows import headline_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.baseline import Cell
    from genbench.check.rules import Rules

BY_DEFAULT = ("fd", "recall")  # in the headline features; collapse and both speeds as well
# Shares, counts, distances and effective numbers: none is below 0 by definition. The unbiased estimates (kd, mmd,
# fd_inf), differences and logarithms are, so that a ratio of them means nothing.
NOT_NEGATIVE = frozenset(
    {
        *("fd", "precision", "recall", "density", "coverage", "swd", "c2st", "vendi_fake", "inception_score"),
        *("duplicates", "near_share", "control_share", "modes", "hq_share", "reverse_kl"),
        *("class_kl", "column_distance", "pair_distance", "c2st_trees", "bits_gap"),
        *(f"ngram_distance_{size}" for size in (1, 2, 3, 4)),
    }
)
NORMAL = 1.4826  # deviations of a normal distribution in its median absolute deviation


@dataclass(frozen=True, slots=True)
class Hopeless:
    """Why a comparison can never fail: by the values of its baseline, or by rules that no values could satisfy."""

    reason: str
    is_of_rules: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What will be compared, and in words what will not."""

    gates: tuple[Gate, ...]
    left_out: tuple[str, ...]  # standard comparisons that could tell nothing, with the reason
    refused: tuple[str, ...]  # likewise what was asked for, and what leaves no comparison


def choose(cells: Sequence[Cell], asked: Iterable[str], rules: Rules) -> Choice:
    """Return the comparisons of a baseline.

    Args:
        cells: with their seeds.
        asked: short names (`kd:classifier`, `setup`) besides the standard ones, wherever they were measured.
        rules: by which it will be judged.
    """
    asked = tuple(dict.fromkeys(asked))
    found = [(cell, name, gate_of(cell, name)) for cell in cells for name in _wanted(cell, asked)]
    quality = sum(isinstance(gate, Gate) and gate.half == "quality" for *_, gate in found)
    gates: list[Gate] = []
    left_out: list[str] = []
    refused = [problem for name in asked if (problem := _unknown(name, cells)) is not None]
    for cell, name, gate in found:
        hopeless = Hopeless(gate, False) if isinstance(gate, str) else _hopeless(gate, cell, quality, rules)
        if isinstance(gate, Gate) and hopeless is None:
            gates.append(gate)
        elif hopeless is not None:
            is_refused = name in asked or hopeless.is_of_rules
            (refused if is_refused else left_out).append(f"{' on '.join(cell.name)}: {name}: {hopeless.reason}")
    throughput = count_of(gates, "throughput")
    problem = pairs_problem(comparisons=throughput, rules=rules) if throughput else None
    refused += [] if problem is None else [problem]
    refused += [] if gates or refused else [f"nothing is left to compare: {'; '.join(left_out)}"]
    return Choice(tuple(gates), tuple(left_out), tuple(refused))


def with_detectable(gates: Sequence[Gate], cells: Sequence[Cell], rules: Rules) -> tuple[Gate, ...]:
    """Return the gates with the smallest effect that each will find in 80 of 100 checks."""
    by_name = {cell.name: cell for cell in cells}
    counts = {half: count_of(gates, half) for half in ("quality", "throughput")}
    found = [detectable_effect(gate, by_name[gate.cell], comparisons=counts[gate.half], rules=rules) for gate in gates]
    return tuple(gate.model_copy(update={"detectable": each}) for gate, each in zip(gates, found, strict=True))


def count_of(gates: Iterable[Gate], half: str) -> int:
    """Return how many comparisons share an error budget."""
    return sum(gate.half == half for gate in gates)


def _standard(cell: Cell) -> tuple[str, ...]:
    features = headline_features(cell.trial)
    return (*(f"{metric}:{features}" for metric in BY_DEFAULT), COLLAPSE, "training", "sampling")


def _wanted(cell: Cell, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the standard comparisons of a cell, and of those asked for what was measured there."""
    return tuple(dict.fromkeys((*_standard(cell), *(name for name in asked if _is_measured(name, cell)))))


def _is_measured(name: str, cell: Cell) -> bool:
    return name in (COLLAPSE, *SPEEDS) or name in cell.identities


def _unknown(name: str, cells: Sequence[Cell]) -> str | None:
    if any(_is_measured(name, cell) for cell in cells):
        return None
    known = sorted({COLLAPSE, *SPEEDS, *(each for cell in cells for each in cell.identities)})
    same = [each for each in known if each.startswith(f"{name.partition(':')[0]}:")]
    close = difflib.get_close_matches(name, same or known, n=1, cutoff=0.0 if same else 0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"gate '{name}': not measured in this run; {hint}measured: {', '.join(known)}"


def gate_of(cell: Cell, name: str) -> Gate | str:
    """Return how a measure of a cell is compared, or why that could tell nothing."""
    model, data = cell.name
    if name in SPEEDS:
        return Gate(model=model, data=data, measure=name, better="lower" if name == "setup" else "higher")
    if name == COLLAPSE:
        if all(row.is_collapsed is None for row in cell.seeds):
            return "recall of its trials or of the floor was not measured, so that the rule of collapse has no numbers"
        return Gate(model=model, data=data, measure=name, better="lower", scale="rate")
    better = cell.better.get(name, "no")
    if name not in cell.identities:
        return "not measured in this run"
    if better == "no":
        return "its metric does not say which way is better"
    values = [value for row in cell.seeds if (value := row.values[name]) is not None]
    if name.partition(":")[0] in NOT_NEGATIVE and min(values, default=0.0) > 0:
        return Gate(model=model, data=data, measure=name, better=better)
    deviation = spread(values) if values else 0.0
    gate = Gate(model=model, data=data, measure=name, better=better, scale="deviations", deviation=deviation)
    worst = _worsening(gate, cell).count(None)
    if 2 * worst >= len(cell.seeds):
        return _told(worst, cell)
    if deviation == 0:
        return "most seeds of the baseline have the same value, so that there is no spread to measure a change by"
    return gate


def spread(values: Sequence[float]) -> float:
    """Return 1.4826 times the median absolute deviation from the median: the deviation of normal values, robustly.

    It is 0 where more than half of the values are equal.
    """
    middle = median(values)
    return NORMAL * median(abs(value - middle) for value in values)


def _hopeless(gate: Gate, cell: Cell, comparisons: int, rules: Rules) -> Hopeless | None:
    """Return why a comparison of quality can never FAIL, whatever a candidate does; None where it can."""
    if gate.measure in SPEEDS:
        return None
    if gate.measure == COLLAPSE:
        collapsed = sum(row.counts_as_collapsed for row in cell.seeds)
        problem = collapse_problem(collapsed, len(cell.seeds), comparisons=comparisons, rules=rules)
        return None if problem is None else Hopeless(problem, is_of_rules=not collapsed)
    values = _worsening(gate, cell)
    problem = seeds_problem(values, gate=gate, comparisons=comparisons, rules=rules)
    if problem is None:
        return None
    worst = values.count(None)
    return Hopeless(_told(worst, cell) if worst else problem, is_of_rules=not worst)


def _told(worst: int, cell: Cell) -> str:
    return f"{worst} of {len(cell.seeds)} seeds of the baseline have the worst value already, so that it cannot fail"


def _worsening(gate: Gate, cell: Cell) -> list[float | None]:
    """Return the baseline's values; None for failed seeds, and for shares and counts of 0 that should be high.

    A candidate could be worse than those by failing; but then it is not this measure that tells.
    """
    has_bottom = gate.better == "higher" and gate.measure.partition(":")[0] in NOT_NEGATIVE
    values = [row.values[gate.measure] for row in cell.seeds]
    return [None if value is None or (has_bottom and value <= 0) else value for value in values]
