"""The tables for machines: CSV in long form and JSON, unrounded, never a NaN."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from genbench.escaping import neutral, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from genbench.tables.cells import Cell, Page, Sheet

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
LONG = ("quality", "course", "papers", "ledger")  # sheets whose numbers are there already
SCHEMA = 1


def pages_csv(pages: Sequence[Page]) -> str:
    """Return a line per model, measure, split and mark with all statistics, then stability, speed and spending."""
    lines = [line for page in pages for line in (*_records(page), *_sheet_lines(page), *_ledger_lines(page))]
    names = list(dict.fromkeys(str(name) for line in lines for name in line))
    file = io.StringIO()
    writer = csv.DictWriter(file, names, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({str(name): _field(value) for name, value in line.items()} for line in lines)
    return file.getvalue()


def pages_json(pages: Sequence[Page]) -> str:
    """Return everything that the text says and the numbers behind it, safe to put into a page as it stands."""
    content = {"schema": SCHEMA, "run": pages[0].run, "blocks": [_block(page) for page in pages]}
    text = json.dumps(content, indent=1, allow_nan=False)
    text = re.sub(r"##(?=\w*\[)", r"#\\u0023", text)  # joined strings may make a command of a CI service
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def is_number(text: str) -> bool:
    """Whether a spreadsheet may read the text as the number that it is."""
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text, re.IGNORECASE | re.ASCII) is not None


def _field(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula; real numbers stay as they are."""
    if isinstance(value, list):
        return json.dumps(value)
    if not isinstance(value, str):
        return "" if value is None else value
    value = neutral(value)
    return f"'{value}" if FORMULA.match(value) and not is_number(value) else value


def _records(page: Page) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in line.items()} for line in page.measures.to_dict("records")]


def _sheet_lines(page: Page) -> Iterator[dict[str, Any]]:
    who = {"run": page.run, "data": page.data, "data_hash": page.facts["data_hash"]}
    yield from ({**who, "model": model, "measure": "quality", "status": "n/a"} for model in page.absent)
    for sheet in page.sheets:
        for label, name, cell in _cells(sheet) if sheet.name not in LONG else ():
            for part, amount in cell.parts or ((None, cell.value),):
                measure = f"{sheet.name}:{name}" if part is None else f"{sheet.name}:{name}:{part}"
                yield who | {
                    "model": label,
                    "measure": measure,
                    "status": cell.status,
                    "median": amount,
                    "low": cell.low,
                    "high": cell.high,
                }


def _ledger_lines(page: Page) -> Iterator[dict[str, Any]]:
    """Yield a line for every configuration that was tried, and each measure that it was judged by."""
    who = {"run": page.run, "data": page.data, "data_hash": page.facts["data_hash"]}
    ledger: Any = page.facts.get("tuning", ())
    for each in ledger:
        told = {name: each[name] for name in ("model", "options", "status", "number", "chosen", "seconds")}
        for name, value in zip(each["measures"], each["validation"] or [None], strict=False):
            yield who | told | {"measure": f"tuning:{name}", "split": "validation", "median": value}


def _cells(sheet: Sheet) -> Iterator[tuple[str, str, Cell]]:
    for label, row in zip(sheet.frame.index, sheet.frame.to_numpy().tolist(), strict=True):
        for name, cell in zip(sheet.frame.columns, row, strict=True):
            yield str(label), plain(str(name)), cell


def _block(page: Page) -> dict[str, Any]:
    return {
        **page.facts,
        "header": list(page.header),
        "caption": page.caption,
        "sheets": [_sheet(sheet) for sheet in page.sheets],
        "marks": {label: list(numbers) for label, numbers in page.marks.items()},
        "footnotes": list(page.footnotes),
        "failures": list(page.failures),
        "measures": _records(page),
    }


def _sheet(sheet: Sheet) -> dict[str, Any]:
    rows: dict[str, dict[str, Any]] = {}
    for label, name, cell in _cells(sheet):
        rows.setdefault(label, {})[name] = _cell(cell)
    return {
        "name": sheet.name,
        "title": sheet.title,
        "aside": sheet.aside,
        "columns": {plain(name): title for name, title in sheet.titles.items()},
        "rows": [{"label": label, "cells": cells} for label, cells in rows.items()],
        "sentences": list(sheet.sentences),
        "leads": [{"at": each.title, "leader": each.leader, "seeds_tell": each.is_clear} for each in sheet.leads],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """Return the cell's numbers; None has a status, what is not meant to be there is left out."""
    made: dict[str, Any] = {"value": cell.value, "status": cell.status}
    if cell.second_line:
        made |= {"low": cell.low, "high": cell.high}
    if cell.deviation is not None:
        made["deviation"] = cell.deviation
    if cell.word is not None:
        made["word"] = cell.word
    if cell.parts:
        made = {"parts": dict(cell.parts), "status": cell.status}
    return made
