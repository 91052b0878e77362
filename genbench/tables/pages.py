"""From blocks to pages: every table of one comparison, with its header, footnotes and failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench.tables.blocks import blocks
from genbench.tables.cells import Page
from genbench.tables.columns import columns
from genbench.tables.course import course
from genbench.tables.failures import failures
from genbench.tables.footnotes import footnotes
from genbench.tables.frames import long
from genbench.tables.quality import best_first, quality
from genbench.tables.spend import spend
from genbench.tables.stability import stability
from genbench.tables.throughput import throughput
from genbench.tables.verdicts import sentences, verdicts
from genbench.tables.words import listed, number, plain, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from genbench.record import Record, Reference
    from genbench.tables.blocks import Block
    from genbench.tables.cells import Sheet
    from genbench.tables.verdicts import Verdict


def pages(records: Iterable[Record], references: Mapping[str, Reference], *, run: str) -> tuple[Page, ...]:
    """Return a page for every comparison that the records allow.

    Raises:
        ResultsError: there is nothing to show, or numbers of different identity would share a column.
    """
    return tuple(_page(block) for block in blocks(records, references, run=run))


def _page(block: Block) -> Page:
    chosen = columns(block)
    sheets: list[Sheet | None] = []
    judged: tuple[Verdict, ...] = ()
    if chosen is not None:
        block = best_first(block, chosen)
        judged = verdicts(block, chosen)
        said = sentences(judged, best=block.rows[0].label)
        sheets = [quality(block, chosen, said), course(block, chosen), stability(block, chosen)]
    marks, notes = footnotes(block)
    return Page(
        run=plain(block.run),
        data=plain(block.trial.data.name),
        header=_header(block),
        sheets=tuple(sheet for sheet in (*sheets, throughput(block), spend(block)) if sheet is not None),
        marks=marks,
        footnotes=notes,
        failures=failures(block),
        caption=_caption(block),
        facts=_facts(block, judged),
        measures=long(block),
    )


def _header(block: Block) -> tuple[str, ...]:
    batches = _batches(block)
    return (
        plain(block.trial.data.name),
        f"{_budget(block, batches)} each",
        f"batch {listed([number(batch, 'count') for batch in batches])}",
        plural(len(block.seeds), "seed"),
        *_machine(block),
    )


def _batches(block: Block) -> list[int]:
    """Return the batch sizes of the models that could be validated; the others never had one."""
    valid = [row.model for row in block.rows if row.model.hooks] or [row.model for row in block.rows]
    return sorted({model.batch_size for model in valid})


def _budget(block: Block, batches: list[int]) -> str:
    """Return the budget, and where all hand-outs have as many rows what it is in the other exact currency."""
    budget = block.trial.budget
    amount = number(budget.amount, "count" if budget.unit in ("steps", "examples") else "number")
    said = f"{amount} {'FLOPs' if budget.unit == 'flops' else 's' if budget.unit == 'seconds' else budget.unit}"
    if len(batches) > 1 or budget.unit not in ("steps", "examples"):
        return said
    steps = budget.hand_outs(batches[0])
    if budget.unit == "steps":
        return f"{said} = {number(steps * batches[0], 'count')} examples"
    return f"{said} = {number(steps, 'count')} steps"


def _machine(block: Block) -> tuple[str, ...]:
    """Return where the trials ran, every kind of device named."""
    trial = block.trial
    names = sorted({plain(record.environment.device_name, 40) for record in block.records})
    device = "cpu" if trial.device == "cpu" else listed(names)
    settings = [trial.precision] * (trial.precision != "fp32") + ["compiled"] * trial.compile
    return (f"{device}, {plural(trial.threads, 'thread')} a trial", *settings)


def _caption(block: Block) -> str:
    seeds = f"{plural(len(block.seeds), 'seed')} ({', '.join(map(str, block.seeds))})"
    data = f"{plain(block.trial.data.name)} {plain(block.trial.data.hash)[:8]}"
    return f"{data}, {_budget(block, _batches(block))} for each training, {seeds}; run {plain(block.run)}."


def _facts(block: Block, judged: tuple[Verdict, ...]) -> dict[str, Any]:
    trial = block.trial
    return {
        "data": plain(trial.data.name),
        "data_hash": plain(trial.data.hash),
        "budget": {"amount": trial.budget.amount, "unit": trial.budget.unit},
        "batch_sizes": {row.label: row.model.batch_size for row in block.rows},
        "seeds": list(block.seeds),
        "device": plain(trial.device),
        "threads": trial.threads,
        "precision": trial.precision,
        "compile": trial.compile,
        "identities": [each.model_dump(mode="json") for each in block.identities.values()],
        "comparisons": [_comparison(each) for each in judged],
    }


def _comparison(verdict: Verdict) -> dict[str, Any]:
    found = verdict.comparison
    return {
        "first": verdict.first,
        "second": verdict.second,
        "measure": plain(verdict.column.name),
        "better": found.better,
        "ties": found.ties,
        "pairs": found.pairs,
        "p": found.p,
        "distinguishable": found.distinguishable,
        "seeds_needed": found.seeds_needed,
    }
