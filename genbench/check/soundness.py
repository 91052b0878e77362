"""What a baseline cannot mean, though it was read: seeds given twice or missing, gates without cells, no numbers."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from genbench.check.findings import COLLAPSE, SPEEDS
from genbench.check.levels import worse_level
from genbench.check.reachability import pairs_problem
from genbench.escaping import plain, quoted_value
from genbench.stats import rank_sum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from genbench.check.baseline import Baseline, Cell, SeedRow
    from genbench.check.findings import Gate

FREE = ("study", "references", "options", "card")  # what others say, or what may have no number
SHARES = ("precision", "recall", "coverage", "hq_share", "duplicates", "near_share", "control_share")


def problems_of(baseline: Baseline) -> list[str]:
    """Return everything that is wrong with a baseline, in words; nothing where it can be compared with."""
    named = Counter(cell.name for cell in baseline.cells)
    return [
        *_not_finite(baseline.model_dump(exclude=set(FREE)), ""),
        *(f"{_label(name)}: given {count} times, expected once" for name, count in named.items() if count > 1),
        *(problem for cell in baseline.cells for problem in _cell_problems(baseline, cell)),
        *_gate_problems(baseline),
        *_rules_problems(baseline),
        *_halves_problems(baseline),
    ]


def _not_finite(value: Any, where: str) -> Iterator[str]:
    """Yield where a number is none."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{where}: got {value}, expected a number"
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in FREE:
                yield from _not_finite(each, f"{where}.{plain(str(key))}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _not_finite(each, f"{where}.{number}")


def _cell_problems(baseline: Baseline, cell: Cell) -> list[str]:
    label, rows = _label(cell.name), cell.seeds
    problems = [f"{label}: {problem}" for problem in _seeds_problems(baseline, [row.seed for row in rows])]
    if cell.trial.purpose != "score":
        problems.append(f"{label}: got a trial for {cell.trial.purpose}, expected one that is scored")
    if all(row.status != "OK" for row in rows):
        problems.append(f"{label}: no seed is OK, so that nothing can become worse")
    problems += [f"{label}: seed {row.seed}: {problem}" for row in rows for problem in _row_problems(row)]
    problems += [
        f"{label}: {plain(name)}: measured on data {identity.data[:12]}, expected {cell.trial.data.hash[:12]}"
        for name, identity in cell.identities.items()
        if identity.data != cell.trial.data.hash
    ]
    if any(speed <= 0 for each in cell.sessions for speed in (each.training, each.sampling, each.setup)):
        problems.append(f"{label}: sessions: got a speed that is not positive")
    return problems


def _seeds_problems(baseline: Baseline, seeds: list[int]) -> list[str]:
    planned, least = _planned(baseline), baseline.rules.least_seeds
    twice = sorted(seed for seed, count in Counter(seeds).items() if count > 1)
    problems = [f"seeds given twice: {_listed(twice)}"] if twice else []
    if len(set(seeds)) < least:
        problems.append(f"got {len(set(seeds))} different seeds, expected at least {least}")
    if planned is None:
        return [*problems, "its study names no seeds, expected a list"]
    missing, extra = sorted(set(planned) - set(seeds)), sorted(set(seeds) - set(planned))
    if missing:
        problems.append(f"seeds of its study are missing: {_listed(missing)}")
    if extra:
        problems.append(f"seeds that its study did not plan: {_listed(extra)}")
    if not (twice or missing or extra) and list(planned) != seeds:
        problems.append("its seeds are in another order than planned")
    return problems


def _planned(baseline: Baseline) -> tuple[int, ...] | None:
    """Return the seeds of the study: a number of them, or a list."""
    asked = baseline.study.get("seeds")
    if isinstance(asked, int) and not isinstance(asked, bool) and 0 < asked <= 10_000:
        return tuple(range(asked))
    is_list = isinstance(asked, list | tuple) and all(isinstance(seed, int) for seed in asked)
    return tuple(asked) if is_list and asked else None


def _row_problems(row: SeedRow) -> list[str]:
    """Return what one seed cannot have come to."""
    given = {name: value for name, value in row.values.items() if value is not None}
    problems = []
    if row.status != "OK" and (given or row.is_collapsed is not None):
        problems.append(f"{plain(row.status)}, but has values, expected none: a failed seed ranks worst")
    for name, value in given.items():
        if name.partition(":")[0] in SHARES and not 0 <= value <= 1:
            problems.append(f"{plain(name)}: got {value:g}, expected a share from 0 to 1")
    if row.seconds < 0:
        problems.append(f"seconds: got {row.seconds:g}, expected 0 or more")
    return problems


def _gate_problems(baseline: Baseline) -> list[str]:
    counted = Counter((gate.cell, gate.measure) for gate in baseline.gates)
    problems = [] if baseline.gates else ["it has no gates: nothing would be compared"]
    problems += [
        f"{_label(cell)}: {plain(measure)}: gated {count} times, expected once"
        for (cell, measure), count in counted.items()
        if count > 1
    ]
    for gate in baseline.gates:
        cell = baseline.cell(*gate.cell)
        reasons = ["gated, but there is no such cell"] if cell is None else _misfits(baseline, gate, cell)
        problems += [f"{_label(gate.cell)}: {plain(gate.measure)}: {reason}" for reason in reasons]
    return problems


def _rules_problems(baseline: Baseline) -> Iterator[str]:
    """Yield why its rules are no gate: looks that its seeds do not reach, budgets so small that nothing ever fails."""
    rules, least = baseline.rules, min((len(cell.seeds) for cell in baseline.cells), default=0)
    counts = Counter(gate.half for gate in baseline.gates)
    if least < rules.seeds[-1]:
        yield f"rules: the last look is at {rules.seeds[-1]} seeds, expected at most the {least} that it has"
    elif counts["quality"] and all(
        rank_sum.smallest_p(seeds, least) > worse_level(look, counts["quality"], rules)
        for look, seeds in enumerate(rules.seeds)
    ):
        yield f"rules: {rules.seeds[-1]} seeds against {least} could never fail {counts['quality']} comparisons"
    problem = pairs_problem(comparisons=counts["throughput"], rules=rules) if counts["throughput"] else None
    if problem is not None:
        yield f"rules: {problem}"


def _misfits(baseline: Baseline, gate: Gate, cell: Cell) -> Iterator[str]:
    """Yield in what a gate does not belong to its cell."""
    if (gate.scale == "rate") != (gate.measure == COLLAPSE):
        yield f"got the scale {gate.scale}, expected rates of {COLLAPSE} and of nothing else"
    if gate.scale == "deviations" and not (gate.deviation or 0) > 0:
        yield f"got the deviation {quoted_value(gate.deviation)}, expected it to be positive"
    if gate.measure in SPEEDS:
        if gate.better != ("lower" if gate.measure == "setup" else "higher"):
            yield f"got {gate.better} as better, expected the other"
    elif gate.measure == COLLAPSE:
        reference = baseline.references.get(gate.data)
        if reference is None or reference.data.hash != cell.trial.data.hash:
            yield "its floor is missing or of other data"
        if all(row.is_collapsed is None for row in cell.seeds):
            yield "of no seed is known whether it collapsed"
    else:
        yield from _misfits_of_measure(gate, cell)


def _misfits_of_measure(gate: Gate, cell: Cell) -> Iterator[str]:
    if gate.measure not in cell.identities:
        yield "gated, but not measured"
        return
    if cell.better.get(gate.measure) != gate.better:
        yield f"got {gate.better} as better, expected {cell.better.get(gate.measure, 'nothing')}"
    absent = [row.seed for row in cell.seeds if gate.measure not in row.values]
    if absent:
        yield f"values are missing for the seeds {_listed(absent)}"
    values = [value for row in cell.seeds if (value := row.values.get(gate.measure)) is not None]
    if not values:
        yield "no seed has a value"
    elif gate.scale == "ratio" and min(values) <= 0:
        yield f"got the value {min(values):g}, expected more than 0 where ratios are compared"


def _halves_problems(baseline: Baseline) -> list[str]:
    """Return which comparisons of quality were not made of the baseline's own halves, or failed there."""
    told = {(each.model, each.data, each.measure) for each in baseline.halves}
    wanted = {(*gate.cell, gate.measure) for gate in baseline.gates if gate.half == "quality"}
    problems = [f"{_label(name[:2])}: {plain(name[2])}: not compared half by half" for name in sorted(wanted - told)]
    problems += [f"{_label(name[:2])}: {plain(name[2])}: halves of what is not gated" for name in sorted(told - wanted)]
    for each in baseline.halves:
        if not 0 <= each.p <= 1 or not 0 < each.level < 1 or each.p < each.level:
            reason = f"its halves: got p {each.p:g} of {each.level:g}, expected p from there to 1"
            problems.append(f"{_label((each.model, each.data))}: {plain(each.measure)}: {reason}")
    return problems


def _label(name: tuple[str, ...]) -> str:
    return " on ".join(plain(part, 80) for part in name[:2])


def _listed(seeds: Iterable[int]) -> str:
    seeds = list(seeds)
    more = f" and {len(seeds) - 8} more" if len(seeds) > 8 else ""
    return ", ".join(map(str, seeds[:8])) + more
