"""The tables of a search: what every model was tuned with, what more trials brought, and the ledger of them all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genbench.escaping import plain
from genbench.stats.effort import Expected, expected_best, places
from genbench.tables.cells import NOT_MEASURED, Cell, Sheet, frame
from genbench.tables.words import listed, number, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from genbench.record import Record, Tuned
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column
    from genbench.tuning.selection import Score

SHOWN = 5  # best configurations of a model that text shows where all would be too many
MOST_SHOWN = 40  # lines of a ledger in text
READING = (
    "How to read it: tuned = configurations that every model was given, tried = those that its options allow; all were "
    "trained once with the same seed and budget and judged on validation rows alone, the chosen one then anew with the "
    "seeds of the tables above; # 0 is what the study gives, else the defaults; a failed one counts and is worst."
)
CURVE = (
    "How to read it: the value on validation rows of the best of k configurations, # 0 and any k - 1 of the others, "
    "expected exactly over all choices without replacement (after Dodge et al. 2019); fail = share of the choices in "
    "which all failed, which the expectation leaves out."
)
IN_ORDER = (
    "How to read it: the best value on validation rows of the first k configurations, which were drawn by what was "
    "known of the earlier ones, so that there is no other order to expect anything of."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All configurations of one model on one data set, the best first."""

    label: str
    tuned: Tuned
    measures: tuple[Column, ...]
    scores: tuple[Score, ...]
    records: dict[int, Record]  # by number

    @property
    def seconds(self) -> float:
        """Return what all of them took."""
        return sum(each.wall_seconds for each in self.records.values())


def tuned_of(row: Row) -> Tuned | None:
    """Return how a model was tuned, None where it was not."""
    return next((record.trial.tuned for record in row.records.values()), None)


def ledgers(block: Block) -> tuple[Ledger, ...]:
    """Return the ledger of every model that was tuned, in the order of the block."""
    return tuple(ledger for row in block.rows if (ledger := _ledger(block, row)) is not None)


def _ledger(block: Block, row: Row) -> Ledger | None:
    from genbench.tables.columns import column
    from genbench.tuning.selection import best_first, number_of, score

    tuned = tuned_of(row)
    own = {number_of(each): each for each in block.tuning if each.trial.model.title == row.model.title}
    if tuned is None or not own:
        return None
    measures = tuple(column(name, block.directions.get(name)) for name in tuned.by)
    scores = tuple(best_first(score(each, measures) for each in own.values()))
    return Ledger(label=row.label, tuned=tuned, measures=measures, scores=scores, records=own)


def tuning_sheets(block: Block) -> tuple[Sheet, ...]:
    """Return the tables of a search, none where nothing was tuned."""
    found = ledgers(block)
    measures = next((each.measures for each in found if each.measures), ())
    if not found:
        return ()
    curves = (_curve(block, found, place, measure) for place, measure in enumerate(measures))
    return (_summary(block, found, measures), *curves, _shown(found, measures))


def tuned_words(block: Block) -> tuple[str, ...]:
    """Return `16 tuned` for a page's header, nothing where no model was."""
    counts = sorted({tuned.trials if (tuned := tuned_of(row)) else 0 for row in block.rows})
    return (f"{listed([str(each) for each in counts], 'or')} tuned",) if any(counts) else ()


def inequalities(block: Block) -> Iterator[tuple[Row, str]]:
    """Yield what keeps models of one table from having been tuned alike, for each."""
    trials = {row.label: (tuned.trials if (tuned := tuned_of(row)) else 0) for row in block.rows}
    held = {each.label: len(each.records) for each in ledgers(block)}
    for row in block.rows:
        tuned, own = tuned_of(row), trials[row.label]
        others = sorted({each for each in trials.values() if each != own})
        if others:
            said = f"tuned with {plural(own, 'configuration')}" if own else "not tuned"
            yield row, f"{said}, others with {listed([str(each) for each in others])}: this is no equal comparison"
        if tuned is not None and held.get(row.label, 0) < tuned.tried:
            got = held.get(row.label, 0)
            yield row, f"the ledger holds {got} of the {plural(tuned.tried, 'configuration')} that it was chosen from"


def ledger_lines(block: Block) -> list[dict[str, Any]]:
    """Return a line for every configuration that was tried, for machines."""
    return [
        {
            "model": each.label,
            "number": score.number,
            "chosen": score.number == each.tuned.number,
            "tuned": each.tuned.trials,
            "sampler": plain(each.tuned.sampler),
            "status": plain(each.records[score.number].status),
            "seed": each.records[score.number].trial.seed,
            "seconds": each.records[score.number].wall_seconds,
            "measures": [plain(measure.name) for measure in each.measures],
            "validation": list(score.values),
            "options": plain(json.dumps(each.records[score.number].trial.model.options, sort_keys=True), 2000),
        }
        for each in ledgers(block)
        for score in sorted(each.scores, key=lambda score: score.number)
    ]


def _summary(block: Block, found: tuple[Ledger, ...], measures: tuple[Column, ...]) -> Sheet:
    titles = {"tuned": "tuned", "tried": "tried", "failed": "failed", "chosen": "chosen"}
    for measure in measures:
        titles[f"base:{measure.name}"] = f"{measure.title} {measure.arrow} of #0"
        titles[f"chosen:{measure.name}"] = "of chosen"
    titles["seconds"] = "seconds"
    entries = {each.label: _counts(each) | _before_and_after(each) | _seconds(each) for each in found}
    by = listed([measure.title for measure in measures], "then") if measures else "nothing: all failed"
    return Sheet(
        name="tuning",
        title=f"Tuning: chosen by {by} on validation rows",
        aside="each configuration was trained once",
        frame=_filled(entries, titles),
        titles=titles,
        sentences=(*_chosen(found), *_few(found), READING),
    )


def _counts(ledger: Ledger) -> dict[str, Cell]:
    tuned, failed = ledger.tuned, sum(each.has_failed for each in ledger.scores)
    counts = {"tuned": tuned.trials, "tried": len(ledger.scores), "failed": failed}
    cells = {name: Cell(value=count, style="count") for name, count in counts.items()}
    return cells | {"chosen": Cell(value=tuned.number, style="count", word=f"#{tuned.number}")}


def _before_and_after(ledger: Ledger) -> dict[str, Cell]:
    cells = {}
    for name, wanted in (("base", 0), ("chosen", ledger.tuned.number)):
        score = next((each for each in ledger.scores if each.number == wanted), None)
        for place, measure in enumerate(ledger.measures if score is not None else ()):
            cells[f"{name}:{measure.name}"] = _value(score, place, measure)
    return cells


def _value(score: Score | None, place: int, measure: Column) -> Cell:
    value = None if score is None or place >= len(score.values) else score.values[place]
    return Cell(status="failed") if value is None else Cell(value=value, style=measure.style)


def _seconds(ledger: Ledger) -> dict[str, Cell]:
    return {"seconds": Cell(value=ledger.seconds)}


def _chosen(found: tuple[Ledger, ...]) -> Iterator[str]:
    """Yield what the chosen configurations are, beside the first."""
    for each in found:
        if each.tuned.number and each.tuned.number in each.records:
            yield f"{each.label} #{each.tuned.number}: {_differing(each, each.tuned.number)}."


def _few(found: tuple[Ledger, ...]) -> Iterator[str]:
    """Yield which models have fewer configurations than they were given, and why that is no disadvantage."""
    few = [each for each in found if len(each.scores) < each.tuned.trials and len(each.scores) >= each.tuned.tried]
    if few:
        said = listed([_all_of(each) for each in few])
        yield (
            f"Fewer to try than were given: {said}. To train one of them again with the same seed would give the same "
            "number, so that the chances are equal."
        )


def _all_of(ledger: Ledger) -> str:
    return f"{ledger.label} {'has nothing to tune' if ledger.tuned.tried == 1 else f'all its {ledger.tuned.tried}'}"


def _filled(entries: dict[str, dict[str, Cell]], titles: dict[str, str]) -> DataFrame:
    """Return a frame in which every row has every column."""
    return frame({label: {name: cells.get(name, NOT_MEASURED) for name in titles} for label, cells in entries.items()})


def _differing(ledger: Ledger, wanted: int) -> str:
    """Return the options of a configuration that are not those of the first."""
    options = ledger.records[wanted].trial.model.options
    base = ledger.records[0].trial.model.options if 0 in ledger.records else {}
    said = [f"{key}={_option(value)}" for key, value in options.items() if base.get(key) != value]
    return plain(", ".join(said) or "as #0", 300)


def _option(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _curve(block: Block, found: tuple[Ledger, ...], place: int, measure: Column) -> Sheet:
    most = max(each.tuned.trials for each in found)
    titles = {str(trials): str(trials) for trials in places(most)}
    entries = {
        each.label: {name: _expected(each, place, measure, int(name)) for name in titles}
        for each in found
        if place < len(each.measures)
    }
    n = block.identities.get((measure.name, "validation"))
    rows = "" if n is None else f" (N {number(n.n, 'count')})"
    return Sheet(
        name="tuning_curve" if not place else f"tuning_curve_{place + 1}",
        title=f"Quality against tuning: {measure.title} {measure.arrow} on validation{rows}",
        aside="columns: trials",
        frame=frame(entries),
        titles=titles,
        sentences=_about(found) if not place else (),
    )


def _about(found: tuple[Ledger, ...]) -> tuple[str, ...]:
    """Return what a column is, which for configurations that depend on one another is no expectation."""
    return (CURVE if all(each.tuned.sampler == "random" for each in found) else IN_ORDER,)


def expected(ledger: Ledger, place: int, trials: int) -> Expected:
    """Return what the best of so many is expected to be, by the measure at a place among those that decide.

    Of a sampler that looks back it is what the first so many came to: its configurations are not exchangeable.
    """
    scores = ledger.scores
    if ledger.tuned.sampler != "random":
        scores = tuple(each for each in scores if each.number < trials)
    first = next((at for at, each in enumerate(scores) if each.number == 0), None)
    if first is None:  # its record is lost
        return Expected(float("nan"), 1.0)
    values = [float("inf") if each.has_failed else each.values[place] or 0.0 for each in scores]
    return expected_best(values, first, trials)


def _expected(ledger: Ledger, place: int, measure: Column, trials: int) -> Cell:
    value, failed = expected(ledger, place, trials)
    if failed >= 1:
        return Cell(status="failed")
    word = f"{number(value, measure.style)} fail {number(failed, 'percent')}" if failed else None
    return Cell(value=value, style="number" if measure.style == "count" else measure.style, word=word)


def _shown(found: tuple[Ledger, ...], measures: tuple[Column, ...]) -> Sheet:
    """Return the ledger as text shows it: all of it, or where that is long the best and the first of every model."""
    is_long = sum(len(each.scores) for each in found) > MOST_SHOWN
    entries = {
        f"{each.label} #{score.number}": _entry(each, score)
        for each in found
        for at, score in enumerate(each.scores)
        if not is_long or at < SHOWN or score.number in (0, each.tuned.number)
    }
    titles = {"status": "status"} | {measure.name: f"{measure.title} {measure.arrow}" for measure in measures}
    titles |= {"seconds": "seconds", "options": "beside #0"}
    return Sheet(
        name="ledger",
        title="Ledger of configurations" + (f": the best {SHOWN} of each; JSON and CSV hold all" if is_long else ""),
        aside="validation rows, best first",
        frame=_filled(entries, titles),
        titles=titles,
        optional=("seconds",),
    )


def _entry(ledger: Ledger, score: Score) -> dict[str, Cell]:
    record = ledger.records[score.number]
    said = _differing(ledger, score.number) if score.number else "–"
    cells = {measure.name: _value(score, place, measure) for place, measure in enumerate(ledger.measures)}
    chosen = ", chosen" if score.number == ledger.tuned.number else ""
    return cells | {
        "status": Cell(value=float(record.is_ok), style="count", word=f"{plain(record.status, 20)}{chosen}"),
        "seconds": Cell(value=record.wall_seconds),
        "options": Cell(value=score.number, style="count", word=plain(said, 60)),
    }
