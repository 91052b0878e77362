"""One comparison in words, the same in every report: numbers, effects, verdicts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from genbench.check.findings import COLLAPSE, SPEEDS, UNITS
from genbench.escaping import plain, shortened
from genbench.tables.words import finite, number, probability

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genbench.check.findings import Finding, Gate

MISSING = "–"
MUCH = 10_000  # from where an effect is shown as a power of ten
LONGEST_AMOUNT = 9
LONGEST_VERDICT = len("PASS identical")
ARROWS = {"lower": "↓", "higher": "↑"}
HEADINGS = ("baseline", "candidate", "worse by [95 %]", "n", "looks", "detects", "verdict")
Groups = list[tuple[str, list["Finding"]]]


def grouped(findings: Iterable[Finding]) -> Groups:
    """Return findings by model and data set, `vae on digits`, in the order in which each is first met."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in findings:
        groups.setdefault(each.gate.cell, []).append(each)
    return [(cell_name(found[0].gate), found) for found in groups.values()]


def cell_name(gate: Gate) -> str:
    """Return `vae on digits`, harmless."""
    return f"{plain(gate.model, 60)} on {plain(gate.data, 60)}"


def gate_name(gate: Gate) -> str:
    """Return `vae on digits: training`, harmless."""
    return f"{cell_name(gate)}: {plain(gate.measure, 60)}"


def measure_name(gate: Gate) -> str:
    """Return a measure with the direction of better and its unit: `training ↑ examples/s`."""
    unit = f" {UNITS[gate.measure]}" if gate.measure in SPEEDS else ""
    return f"{plain(gate.measure, 60)} {ARROWS[gate.better]}{unit}"


def cells(finding: Finding) -> tuple[str, ...]:
    """Return what stands under `HEADINGS`."""
    return (
        amount(finding.baseline, finding.gate),
        amount(finding.candidate, finding.gate),
        worse_by(finding),
        f"{finding.n[0]}/{finding.n[1]}",
        f"{finding.looks[0]}/{finding.looks[1]}",
        effect(detectable(finding), finding.gate, sign=""),
        verdict(finding),
    )


def amount(value: float | None, gate: Gate) -> str:
    """Return a median in the measure's own unit."""
    shown = finite(value)
    if shown is None:
        return MISSING
    return shortened(number(shown, "percent" if gate.measure == COLLAPSE else "number"), LONGEST_AMOUNT)


def effect(value: float | None, gate: Gate, *, sign: str = "+", is_bare: bool = False) -> str:
    """Return an effect as its scale has it: `+10.6 %`, `+1.50 sd`, `+20 points`; bare ones without the unit."""
    if value is None or math.isnan(value):
        return MISSING
    scaled, digits, unit = {
        "ratio": (100 * value, 1 if abs(value) < 9.9 else 0, " %"),
        "deviations": (value, 2 if abs(value) < 99 else 0, " sd"),
        "rate": (100 * value, 0, " points"),
    }[gate.scale]
    form = f"{sign},.{digits}f" if abs(scaled) < MUCH else f"{sign}.0e"
    return f"{scaled:{form}}{'' if is_bare else unit}"


def worse_by(finding: Finding) -> str:
    """Return the effect and its interval: `+10.6 % [+8.9, +12.4]`."""
    shown = effect(finding.effect, finding.gate)
    if finding.interval is None:
        return shown
    low, high = (effect(edge, finding.gate, is_bare=True) for edge in finding.interval)
    return f"{shown} [{low}, {high}]"


def detectable(finding: Finding) -> float | None:
    """Return the smallest effect that would have failed: by the spread that was seen, else by the baseline's own."""
    return finding.gate.detectable if finding.detectable is None else finding.detectable


def verdict(finding: Finding) -> str:
    """Return the verdict, and in the same breath a short reason: `PASS identical`."""
    with_reason = f"{finding.verdict} {plain(finding.reason)}"
    return with_reason if finding.reason and len(with_reason) <= LONGEST_VERDICT else finding.verdict


def long_reason(finding: Finding) -> str:
    """Return the reason where the verdict itself has no room for it."""
    return plain(finding.reason) if verdict(finding) == finding.verdict else ""


def sentence(finding: Finding) -> str:
    """Return a comparison in one line: reason, effect, interval, numbers and looks."""
    baseline, candidate, worse, n, looks, *_ = cells(finding)
    parts = [plain(finding.reason)] if finding.reason else []
    if finding.effect is not None:
        parts.append(f"worse by {worse}, from {baseline} to {candidate}")
    return "; ".join([*parts, f"n {n}, look {looks}"])


def evidence(finding: Finding) -> str:
    """Return the two tests with the levels that they had to reach."""
    tests = (
        ("no worse", finding.p_worse, finding.p_worse_level),
        ("worse by the margin", finding.p_tolerable, finding.p_tolerable_level),
    )
    told = [
        f"'{what}': {probability(p)}{'' if level is None else f' against {level:.2g}'}"
        for what, p, level in tests
        if p is not None
    ]
    return f"tests of {'; of '.join(told)}" if told else ""


def is_moved(finding: Finding) -> bool:
    """Whether a measure that is only reported is worth a line: it did not pass, or its interval excludes no change."""
    if finding.verdict != "PASS" or finding.interval is None:
        return finding.verdict != "PASS"
    low, high = finding.interval
    return low > 0 or high < 0
