"""A whole check in words, the same in every report: what was compared, what is to be doubted, what came of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from genbench.check.findings import HALVES
from genbench.check.reports.wording import cell_name, effect, gate_name
from genbench.escaping import plain
from genbench.tables.words import listed, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.check.findings import Checked, Host

NAMED = 5  # comparisons in the last line
UNDECIDED = (
    "INCONCLUSIVE is no FAIL: the numbers support neither verdict at the error rates that were promised. What was "
    "measured counts in every later check of the same code on this machine: check on a quieter one, or plan more pairs "
    "or seeds in a new baseline. `--inconclusive warn` lets it pass."
)
ADVICE = {  # by reason
    "host bias": "host bias: a copy of the baseline, put in the candidate's place, was slower too. The machine favours "
    "one place over another; nothing can be said of the code. Run the check on another machine.",
    "time is up": "time is up: what was left at `--max-minutes` is undecided. The same command goes on with "
    "what was measured; or give it more minutes, or gate less.",
    "missing": "missing: the baseline has this comparison, the candidate has no number for it. Bring the model or "
    "the measure back, or make and commit a new baseline without it.",
}
Section = tuple[str, tuple[str, ...]]


def headlines(checked: Checked) -> tuple[str, ...]:
    """Return what was compared with what, and by which rules."""
    halves = {each.gate.half for each in checked.gated} or HALVES
    coins = f"; coin flips by seed {checked.seed}" if checked.against else ""
    against = f" against {plain(checked.against, 120)}" if checked.against else ""
    source = f" taken from {plain(checked.rules_from, 80)}" if checked.rules_from else ""
    lines = [
        f"Check of {plain(checked.baseline, 120)} ({checked.baseline_digest[:12]}){against}",
        f"Rules{source}: {checked.rules.promise(halves)}{coins}",
    ]
    if checked.is_baseline_changed:
        lines.append("BASELINE CHANGED: this change touches its own baseline or rules, and is judged by the old ones.")
    return tuple(lines)


def sections(checked: Checked) -> tuple[Section, ...]:
    """Return what is to be known besides the table, each under a title; empty ones are left out."""
    found = [
        ("Notes", tuple(f"{where}: {note}" for where, note in notes(checked))),
        ("Control arms, the baseline in the candidate's place", tuple(_controls(checked))),
        ("Differs from the baseline's machine and versions", tuple(plain(each) for each in checked.differences)),
        ("Warnings", tuple(plain(each) for each in checked.warnings)),
        ("Host", () if checked.host is None else (host(checked.host),)),
        ("What to do", tuple(_advice(checked))),
        ("Kept", tuple(_places(checked))),
    ]
    return tuple((title, lines) for title, lines in found if lines)


def verdict_line(checked: Checked) -> str:
    """Return the verdict with the count of comparisons, those that failed by name: the last line of every report."""
    gated = checked.gated
    if not gated:
        return "INCONCLUSIVE: nothing was compared"
    counts = Counter[str](each.verdict for each in gated)
    failed = [gate_name(each.gate) for each in gated if each.verdict == "FAIL"]
    more = [f"{len(failed) - NAMED} more"] if len(failed) > NAMED else []
    names = {"FAIL": f" ({listed([*failed[:NAMED], *more])})"}
    told = [f"{counts[each]} {word}{names.get(each, '')}" for each, word in _COUNTED.items() if counts[each]]
    compared = plural(len(gated), "gated comparison")
    return f"{checked.verdict}: of {compared} {listed(told)}; {duration(checked.seconds)}"


def duration(seconds: float) -> str:
    """Return `42 s` or `3 min 20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def host(found: Host) -> str:
    """Return how steady the machine was."""
    parts = [plural(found.cores, "core"), f"load {found.load[0]:.2f} at the beginning, {found.load[1]:.2f} at the end"]
    if found.steal is not None:
        parts.append(f"{_percent(found.steal)} of processor time stolen")
    if found.spread is not None:
        parts.append(f"ratios of pairs spread by {_percent(found.spread)}")
    if found.throttled:
        parts.append(f"throttled: {listed([plain(each, 80) for each in found.throttled])}")
    return ", ".join(parts)


def notes(checked: Checked) -> Iterator[tuple[str, str]]:
    """Yield what was noted, once a model and data set, after the comparisons that it concerns."""
    measures: dict[tuple[str, str], list[str]] = {}  # of one note on a cell
    for each in checked.findings:
        for note in each.notes:
            measures.setdefault((cell_name(each.gate), plain(note)), []).append(plain(each.gate.measure, 60))
    for (cell, note), names in measures.items():
        yield f"{cell}: {listed(names)}", note


_COUNTED = {"FAIL": "failed", "INCONCLUSIVE": "inconclusive", "PASS": "passed"}


def _controls(checked: Checked) -> Iterator[str]:
    for each in checked.findings:
        if each.control is not None:
            yield f"{gate_name(each.gate)}: {effect(each.control, each.gate)}"


def _advice(checked: Checked) -> Iterator[str]:
    reasons = {plain(each.reason) for each in checked.gated}
    yield from (text for reason, text in ADVICE.items() if any(each.startswith(reason) for each in reasons))
    if any(each.verdict == "INCONCLUSIVE" for each in checked.gated):
        yield UNDECIDED
    if not checked.gated:
        yield "Nothing was compared. Gate quality with `genbench baseline`; judge speeds with `--against`."


def _places(checked: Checked) -> Iterator[str]:
    if checked.run:
        yield f"records of the candidate: {plain(checked.run)}"
    if checked.timings:
        yield f"raw timings: {plain(checked.timings)}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
