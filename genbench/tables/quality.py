"""The first table: how good the samples are, against rows that no trial has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from genbench.escaping import plain
from genbench.metrics.modes import HQ_CEILING, expected_log_density
from genbench.tables.cells import NOT_AVAILABLE, NOT_MEASURED, NOTHING, Cell, Sheet, frame
from genbench.tables.columns import hidden, is_doubted
from genbench.tables.seeds import cell, control, median, values, what_a_cell_is
from genbench.tables.words import listed, number

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from genbench.refs import DataRef, Split
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column, Columns

CONTROLS: tuple[Literal["floor", "memoriser", "noise"], ...] = ("floor", "memoriser", "noise")
CONTROL = "· "  # before the name of a row that is no model
MEANINGS = {
    "floor": "floor = real train rows in a model's place (± over 10 draws), as good as {n} rows can look",
    "memoriser": "memoriser = train rows drawn again, meant to look good, and unmasked by the column copies alone",
    "noise": "noise = uniform values, as bad as it gets",
}


def quality(block: Block, chosen: Columns, verdicts: tuple[str, ...], ranks: Mapping[str, str]) -> Sheet:
    """Return the table of sample quality, best first, then models for other kinds of data, controls below.

    Args:
        block: with its models in the order of the table.
        chosen: the columns.
        verdicts: sentences beneath the table.
        ranks: place of every row that has one, as `1=`; without any there is no such column.
    """
    entries = {label: _cells(block, row, variant, chosen) for label, row, variant in ranking(block, chosen)}
    names = ("ok", *(column.name for column in chosen.shown))
    entries |= {plain(model): dict.fromkeys(names, NOT_AVAILABLE) for model in block.absent}
    entries |= {label: {"ok": NOTHING, **cells} for label, cells in controls(block, chosen.shown).items()}
    titles = {"ok": "ok"} | {each.name: title(each, block) for each in chosen.shown}
    if ranks:
        entries = {label: {"rank": _rank(ranks.get(label))} | cells for label, cells in entries.items()}
        titles = {"rank": "rank"} | titles
    return Sheet(
        name="quality",
        title=f"Sample quality against held-out ({rows_used(block, chosen.headline)})",
        aside=what_a_cell_is(len(block.seeds)),
        frame=frame(entries),
        titles=titles,
        sentences=(*verdicts, _how_to_read(block, chosen)),
        identities=identities(block, chosen.shown),
        optional=("rank",),
    )


def controls(block: Block, shown: Sequence[Column], split: Split = "held_out") -> dict[str, dict[str, Cell]]:
    """Return a row for the floor and each control that was measured."""
    known = block.reference.measures if block.reference is not None else {}
    return {
        f"{CONTROL}{name}": {column.name: control(known[name], column, split) for column in shown}
        for name in CONTROLS
        if name in known
    }


def ranking(block: Block, chosen: Columns) -> list[tuple[str, Row, str]]:
    """Return (label, row, variant) of every row, best first by the ranking columns, failed ones last."""
    rows = []
    for row in block.rows:
        for variant in row.model.variants:
            found = [
                median(values(block, row, column.name, variant=variant), column) * (1 if column.is_lower_better else -1)
                for column in chosen.ranking
            ]
            rows.append((found, variant_label(row, variant), row, variant))
    return [(label, row, variant) for _, label, row, variant in sorted(rows, key=lambda each: each[:2])]


def best_first(block: Block, chosen: Columns) -> Block:
    """Return the block with its models in the order of their headline variants, which every table keeps."""
    order = [row for _, row, variant in ranking(block, chosen) if variant == row.model.variants[0]]
    return replace(block, rows=tuple(order))


def variant_label(row: Row, variant: str) -> str:
    """Return a row's label: the model's, with the variant's name unless it is the headline one."""
    variants = row.model.variants
    if variant == variants[0]:
        return row.label
    name = plain(variant)
    is_only_one = [plain(each) for each in variants].count(name) == 1
    return f"{row.label} {name}" if is_only_one else f"{row.label} {name} {variants.index(variant)}"


def rows_used(block: Block, column: Column, split: Split = "held_out") -> str:
    """Return the rows on each side of a number, as `N 500`."""
    return f"N {number(block.identities[column.name, split].n, 'count')}"


def _how_to_read(block: Block, chosen: Columns) -> str:
    """Return one line that says what the controls, the arrows and the identities mean."""
    controls = block.reference.measures if block.reference is not None else {}
    n = rows_used(block, chosen.headline)
    said = [MEANINGS[name].format(n=n.removeprefix("N ")) for name in CONTROLS if name in controls]
    if not said:
        said = ["no floor and no controls were measured for these rows"]
    said.append("↓ lower is better, ↑ higher is better")
    said += _of_kinds(block.trial.data, {column.name.partition(":")[0] for column in chosen.shown})
    if any(len(row.model.variants) > 1 for row in block.rows):
        said.append("a second name is another way to sample the same training; the headline is the row without one")
    besides = hidden(block, chosen)
    kept = f" JSON and CSV besides hold {listed(besides)}." if besides else ""
    return f"How to read it: {'; '.join(said)}. Numbers are {listed(identities(block, chosen.shown))}.{kept}"


def _of_kinds(data: DataRef, shown: Collection[str]) -> list[str]:
    """Return what is to be known of measures that only some kinds of data have."""
    said = []
    if "hq_share" in shown:
        said.append(f"the high-quality share of perfect samples is {number(HQ_CEILING)}")
    if "log_density" in shown and data.mixture is not None:
        ceiling = expected_log_density(data.mixture.centres, data.mixture.deviation)
        said.append(f"the log-density of perfect samples is {number(ceiling)}, and more is no merit")
    if "class_kl" in shown:
        said.append("modes and class KL are by the word of a classifier of single digits, and depend on N")
    if "c2st_trees" in shown:
        said.append("a C2ST of .5 is chance, of 1 tells every row from a real one")
    if "tstr" in shown and data.table is not None:
        target = next((each for each in data.table.columns if each.name == data.table.target), None)
        score = "macro-F1" if target is not None and target.kind == "category" else "R²"
        said.append(f"TSTR is the {score} on real rows of {plain(data.table.target or '', 40)} as samples teach it")
    if "bits_gap" in shown:
        said.append("reference bits may fall for repetition and rise for babble: the gap sees both")
    return said


def identities(block: Block, shown: Sequence[Column], split: Split = "held_out") -> tuple[str, ...]:
    """Return what the numbers are numbers of, one text for each extractor: `fd, kd@500:classifier (3f2a91c0)`."""
    groups: dict[tuple[str, str, int, int | None, int | None], list[str]] = {}
    for column in shown:
        found = block.identities[column.name, split]
        key = (plain(found.features, 40), plain(found.features_hash, 64)[:8], found.n, found.k, found.n_real)
        groups.setdefault(key, []).append(plain(found.metric, 40))
    return tuple(
        f"{', '.join(metrics)}@{n}{'' if k is None else f',k={k}'}:{features} ({digest}){_rows(rows)}"
        for (features, digest, n, k, rows), metrics in groups.items()
    )


def _rows(count: int | None) -> str:
    """Return of how many rows the reference was, where they are not as many as the samples."""
    return "" if count is None else f" against {number(count, 'count')} rows"


def _cells(block: Block, row: Row, variant: str, chosen: Columns) -> dict[str, Cell]:
    counted = Cell(value=len(row.ok), style="count", word=f"{len(row.ok)}/{len(block.seeds)}")
    return {"ok": counted} | {each.name: _cell(block, row, variant, each) for each in chosen.shown}


def _cell(block: Block, row: Row, variant: str, column: Column) -> Cell:
    found = values(block, row, column.name, variant=variant)
    if column.is_copies:
        return _copies(found, len(row.ok))
    return cell(found, column, has_failed=not row.ok)


def _copies(found: tuple[float, ...], ok: int) -> Cell:
    """Return whether the samples are copies of train rows: `no`, `YES`, or in how many of the trials."""
    measured = [value for value in found if value == value]
    if not measured:
        return NOT_MEASURED if ok else Cell(status="failed")
    count = sum(value > 0 for value in measured)
    word = "no" if not count else "YES" if count == len(measured) else f"{count} of {len(measured)}"
    return Cell(value=count, style="count", word=word)


def title(column: Column, block: Block) -> str:
    """Return a column's title with its arrow, and a word where its extractor has not passed its known answers."""
    doubt = " (unverified)" if is_doubted(block, column.name) else ""
    if column.is_copies:
        return f"{column.title}{doubt}"
    if column.name.startswith("modes:"):
        mixture = block.trial.data.mixture
        count = block.trial.data.classes if mixture is None else len(mixture.centres)
        return f"{column.title} {column.arrow} of {count}"
    return f"{column.title}{doubt} {column.arrow}".rstrip()


def _rank(place: str | None) -> Cell:
    return NOTHING if place is None else Cell(value=float(place.rstrip("=")), style="count", word=place)
