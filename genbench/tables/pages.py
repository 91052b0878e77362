"""From blocks to pages: every table of one comparison, with its header, footnotes and failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench.errors import ResultsError
from genbench.escaping import plain
from genbench.tables.blocks import blocks
from genbench.tables.cells import Page
from genbench.tables.columns import columns
from genbench.tables.course import course
from genbench.tables.equal import equal_sheet
from genbench.tables.failures import failures
from genbench.tables.footnotes import footnotes
from genbench.tables.frames import long
from genbench.tables.headers import caption, header
from genbench.tables.papers import papers
from genbench.tables.profiles import profiles
from genbench.tables.quality import best_first, quality
from genbench.tables.spend import spend
from genbench.tables.stability import stability
from genbench.tables.throughput import probe_facts, throughput
from genbench.tables.tuning import ledger_lines, tuning_sheets
from genbench.tables.verdicts import ranks, sentences, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from genbench.record import Identity, Record, Reference
    from genbench.tables.blocks import Block
    from genbench.tables.cells import Sheet
    from genbench.tables.columns import Columns
    from genbench.tables.currencies import Currency
    from genbench.tables.verdicts import Verdict


def pages(
    records: Iterable[Record],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
    by: Sequence[Currency] = (),
) -> tuple[Page, ...]:
    """Return a page for every comparison that the records allow; arguments as for `genbench.tables.text`.

    Raises:
        ResultsError: there is nothing to show, numbers of different identity would share a column, or quality at equal
            spend was asked for and can be told nowhere.
    """
    made = tuple(_page(block, by) for block in blocks(records, references, run=run, looks=looks, absent=absent))
    sheets = [sheet for page in made for sheet in page.sheets]
    if by and all(sheet.frame.empty for sheet in sheets):
        reasons = dict.fromkeys(f"{page.data}: {sheet.title}" for page in made for sheet in page.sheets)
        raise ResultsError(
            "\n".join(reasons) or f"run {plain(run)}: quality was not measured, so that there is none to show"
        )
    return made


def _page(block: Block, by: Sequence[Currency]) -> Page:
    chosen = columns(block)
    judged: tuple[Verdict, ...] = ()
    if chosen is not None:
        block = best_first(block, chosen)
        judged = verdicts(block, chosen)
    marks, notes = footnotes(block)
    return Page(
        run=plain(block.run),
        data=plain(block.trial.data.name),
        header=header(block),
        sheets=_equal(block, chosen, by) if by else _sheets(block, chosen, judged),
        marks=marks,
        footnotes=notes,
        failures=failures(block),
        absent=tuple(plain(model) for model in block.absent),
        caption=caption(block),
        facts=_facts(block, judged) | ({} if chosen is None else {"profile": profiles(block, chosen.headline)}),
        measures=long(block, ranks(block, judged)),
    )


def _sheets(block: Block, chosen: Columns | None, judged: tuple[Verdict, ...]) -> tuple[Sheet, ...]:
    sheets: list[Sheet | None] = []
    if chosen is not None:
        said = sentences(judged, best=block.rows[0].label)
        places = ranks(block, judged) if judged else {}
        sheets = [quality(block, chosen, said, places), course(block, chosen), stability(block, chosen)]
    sheets += [throughput(block), spend(block), papers(block), *tuning_sheets(block)]
    return tuple(sheet for sheet in sheets if sheet is not None)


def _equal(block: Block, chosen: Columns | None, by: Sequence[Currency]) -> tuple[Sheet, ...]:
    return () if chosen is None else tuple(equal_sheet(block, chosen.headline, currency) for currency in by)


def _facts(block: Block, judged: tuple[Verdict, ...]) -> dict[str, Any]:
    trial = block.trial
    return {
        "data": plain(trial.data.name),
        "data_hash": plain(trial.data.hash),
        "budget": {"amount": trial.budget.amount, "unit": trial.budget.unit},
        "batch_sizes": {row.label: row.model.batch_size for row in block.rows},
        "seeds": list(block.seeds),
        "looks": list(block.looks),
        "not_applicable": [plain(model) for model in block.absent],
        "device": plain(trial.device),
        "threads": trial.threads,
        "precision": trial.precision,
        "compile": trial.compile,
        "matmul": trial.matmul,
        "identities": [_identity(each) for each in block.identities.values()],
        "comparisons": [_comparison(each) for each in judged],
        "probes": probe_facts(block),
    } | ({"tuning": lines} if (lines := ledger_lines(block)) else {})


def _identity(identity: Identity) -> dict[str, Any]:
    fields = identity.model_dump(mode="json")
    return {key: plain(value) if isinstance(value, str) else value for key, value in fields.items()}


def _comparison(verdict: Verdict) -> dict[str, Any]:
    found = verdict.comparison
    return {
        "first": verdict.first,
        "second": verdict.second,
        "measure": plain(verdict.column.name),
        "better": found.better,
        "ties": found.ties,
        "pairs": found.pairs,
        "seeds": list(found.seeds),
        "probability": found.probability,
        "probability_interval": list(found.probability_interval),
        "p": found.p,
        "level": found.level,
        "p_holm": verdict.p_holm,
        "distinguishable": found.distinguishable,
        "seeds_needed": found.seeds_needed,
    }
