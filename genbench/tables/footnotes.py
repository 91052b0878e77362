"""The marks in a table: what a reader must know of a row before believing it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from genbench.escaping import plain
from genbench.tables.quality import CONTROL, CONTROLS, variant_label
from genbench.tables.tuning import inequalities
from genbench.tables.words import finite, listed, number, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.record import Record
    from genbench.tables.blocks import Block, Row

CLAMPED = 0.01  # share of values out of range that deserves a mark
MOST_UPDATES = 8  # a hand-out, beyond which its rows are reused
EARLY = 0.95  # of the budget, below which a training returned early
HARMLESS = ("idle", "application clocks", "sync boost", "display clocks")  # clocks that were set, not lowered
MOST_WARNINGS = 3  # distinct ones shown of a row


def footnotes(block: Block) -> tuple[dict[str, tuple[int, ...]], tuple[str, ...]]:
    """Return the numbers of each row's footnotes and the footnotes themselves; equal ones share a number."""
    numbers: dict[str, int] = {}
    marks: dict[str, tuple[int, ...]] = {}
    of_tuning = [(variant_label(row, row.model.variants[0]), text) for row, text in inequalities(block)]
    for label, text in [*of_tuning, *(note for row in block.rows for note in _notes(row)), *_of_controls(block)]:
        found = numbers.setdefault(text, len(numbers) + 1)
        marks[label] = tuple(sorted({*marks.get(label, ()), found}))
    return marks, tuple(numbers)


def _of_controls(block: Block) -> Iterator[tuple[str, str]]:
    """Yield what the floor and the controls were warned of, or why they have no number."""
    known = block.reference.measures if block.reference is not None else {}
    for name in CONTROLS:
        found = dict.fromkeys(plain(warning) for each in known.get(name, ()) for warning in each.warnings)
        for text in list(found)[:MOST_WARNINGS]:
            yield f"{CONTROL}{name}", text


def _notes(row: Row) -> Iterator[tuple[str, str]]:
    """Yield (row's label, footnote): each fact about the model goes to all of its variants."""
    labels = [variant_label(row, variant) for variant in row.model.variants]
    for text in (*_of_model(row), *_of_trials(row), *_of_probe(row)):
        for label in labels:
            yield label, text
    for variant, label in zip(row.model.variants, labels, strict=True):
        for text in (*_clamped(row, variant), *_warnings(row, variant)):
            yield label, text


def _of_model(row: Row) -> Iterator[str]:
    pretrained = row.model.card.get("pretrained")
    if pretrained:
        yield f"holds pretrained parts: {listed([_part(each) for each in _as_list(pretrained)])}"
    if any(record.is_conditional for record in row.records.values()):
        yield "trained with labels (conditional), which the others need not have seen"


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _part(part: object) -> str:
    """Return a pretrained part as its author declared it: a name, its data."""
    if not isinstance(part, dict):
        return plain(str(part), 80)
    data = f" on {plain(str(part['data']), 40)}" if part.get("data") else ""
    return f"{plain(str(part.get('name', 'unnamed')), 40)}{data}"


def _of_trials(row: Row) -> Iterator[str]:
    late = [record for record in row.records.values() if record.status == "OVER_BUDGET"]
    if late:
        over = [record.spend.overrun for record in late if record.spend is not None]
        worst = f" by up to {_overrun(over)}" if over else ""
        yield f"{plural(len(late), 'trial')} went over the budget{worst}: ranked worst, the numbers are not of it"
    spends = [record.spend for record in row.ok if record.spend is not None]
    early = [each.fraction for each in spends if each.fraction < EARLY]
    if early:
        yield f"{plural(len(early), 'trial')} returned early, at {number(min(early), 'percent')} of the budget"
    reuse = [
        count / each.steps for each in spends for count in each.updates.values() if count != "unobserved" and each.steps
    ]
    if reuse and max(reuse) > MOST_UPDATES:
        yield f"reuse: {number(max(reuse))} updates of one network a hand-out"


def _overrun(over: list[Any]) -> str:
    examples, seconds = max(each.examples for each in over), max(each.seconds for each in over)
    return f"{number(examples, 'count')} examples, {number(seconds)} s"


def _of_probe(row: Row) -> Iterator[str]:
    if row.probe is None or row.probe.probe is None:
        return
    probe = row.probe.probe
    if probe.uncounted:
        names = [plain(name, 40) for name in probe.uncounted]
        shown = names[:4] + ([f"{len(names) - 4} more"] if len(names) > 4 else [])
        yield f"FLOPs leave out {listed(shown)}"
    slowed = Counter(plain(why, 40) for each in probe.gauges for why in each.throttle if why not in HARMLESS)
    if slowed:
        told = listed([f"{why} at {count}" for why, count in slowed.most_common()])
        yield f"the GPU was slowed down while it was probed: {told} of {len(probe.gauges)} looks"
    loads = [load for each in probe.gauges if (load := finite(each.load)) is not None]
    cores = row.probe.environment.cores
    if loads and min(loads) > cores + 1:
        yield f"others kept the machine busy while it was probed: load {number(min(loads))} on {plural(cores, 'core')}"


def _clamped(row: Row, variant: str) -> Iterator[str]:
    shares = [share for record in row.records.values() if (share := finite(record.clamped.get(variant))) is not None]
    if shares and max(shares) > CLAMPED:
        yield f"up to {number(max(shares), 'percent')} of the values were out of range and clamped"


def _warnings(row: Row, variant: str) -> Iterator[str]:
    """Yield what measures and records warned of, by how many trials did."""
    found = Counter(text for record in row.records.values() for text in _warned(record, variant))
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    for text, count in ordered[:MOST_WARNINGS]:
        yield f"{text} ({plural(count, 'trial')})"
    if len(ordered) > MOST_WARNINGS:
        yield f"{plural(len(ordered) - MOST_WARNINGS, 'further warning')} in the records of {row.label}"


def _warned(record: Record, variant: str) -> set[str]:
    own = {plain(warning) for warning in record.warnings}
    measured = [each for each in record.measures if each.variant == variant]
    return own | {
        f"{plain(str(each.identity), 60)}: {plain(warning)}" for each in measured for warning in each.warnings
    }
