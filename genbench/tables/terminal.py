"""The tables as plain text within 100 columns."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from genbench.escaping import neutral, shortened
from genbench.tables.words import LONGEST_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from genbench.tables.cells import Cell, Page, Sheet

WIDTH = 100
GAP = 2  # columns between two columns
WARNING = "⚠"
Grid = list[list[str]]  # a header row, then a row a model; a cell may have several lines


def page_text(page: Page) -> str:
    """Return one comparison as text."""
    paragraphs = [_sides(" · ".join(page.header), f"run {page.run}")]
    paragraphs += [_sheet_text(sheet, page.marks) for sheet in page.sheets]
    if page.footnotes:
        paragraphs.append("\n".join(_wrapped(f"{WARNING}{n} {text}", 3) for n, text in enumerate(page.footnotes, 1)))
    if page.failures:
        paragraphs.append(
            "\n".join(["Failed trials, each ranked worst:", *(_wrapped(each, 2) for each in page.failures)])
        )
    lines = "\n\n".join(paragraphs).splitlines()
    return "\n".join(neutral(line.rstrip()) for line in lines)


def _sheet_text(sheet: Sheet, marks: Mapping[str, Sequence[int]]) -> str:
    parts = [_sides(sheet.title, sheet.aside)]
    if not sheet.frame.empty:
        parts.append(_table(sheet, marks))
    return "\n".join([*parts, *(_wrapped(sentence) for sentence in sheet.sentences)])


def _sides(left: str, right: str) -> str:
    """Return two texts at the two margins, one above the other where they do not fit side by side."""
    room = WIDTH - len(left) - GAP
    if not right or len(right) <= room:
        return f"{left}{right:>{WIDTH - len(left)}}" if right else _wrapped(left)
    return f"{_wrapped(left)}\n{_wrapped(right)}"


def _wrapped(text: str, indent: int = 0) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False))


def _table(sheet: Sheet, marks: Mapping[str, Sequence[int]]) -> str:
    """Return the grid on one line a row where that fits, else bounds beneath, else in several tables.

    Optional columns go where without them it fits on one line a row, or at all.
    """
    labels = _short_labels([str(label) for label in sheet.frame.index], marks)
    needed = [name for name in sheet.frame.columns if name not in sheet.optional]
    for join in (" ", "\n"):
        for names in (list(sheet.frame.columns), needed):
            grid = _grid(sheet, labels, names, join)
            if _width(grid) <= WIDTH:
                return _printed(grid)
    return "\n".join(_printed(part) for part in _folded(_grid(sheet, labels, list(sheet.frame.columns), join)))


def _grid(sheet: Sheet, labels: Sequence[str], names: Sequence[str], join: str) -> Grid:
    rows: list[list[Cell]] = sheet.frame[names].to_numpy().tolist()
    head = ["", *(sheet.titles[str(name)] for name in names)]
    return [head] + [[label, *(_joined(cell, join) for cell in row)] for label, row in zip(labels, rows, strict=True)]


def _joined(cell: Cell, join: str) -> str:
    return ("\n" if cell.parts else join).join(cell.lines)


def _short_labels(labels: Sequence[str], marks: Mapping[str, Sequence[int]]) -> list[str]:
    """Return labels that fit, are still different from each other, and carry their footnotes."""
    made: list[str] = []
    for label in labels:
        short, count = shortened(label, LONGEST_LABEL), 1
        while short in made:
            count += 1
            short = f"{shortened(label, LONGEST_LABEL - 4)}~{count}"
        made.append(short)
    return [f"{short}{_marked(marks.get(label, ()))}" for short, label in zip(made, labels, strict=True)]


def _marked(numbers: Sequence[int]) -> str:
    shown = ",".join(map(str, numbers[:4])) + (",…" if len(numbers) > 4 else "")
    return f" {WARNING}{shown}" if numbers else ""


def _widths(grid: Grid) -> list[int]:
    columns = zip(*grid, strict=True)
    return [max(len(line) for text in column for line in text.split("\n")) for column in columns]


def _width(grid: Grid) -> int:
    widths = _widths(grid)
    return sum(widths) + GAP * (len(widths) - 1)


def _folded(grid: Grid) -> Iterator[Grid]:
    """Yield the columns in as few tables as fit, each with the labels."""
    widths = _widths(grid)
    taken: list[int] = []
    for index in range(1, len(widths)):
        if taken and widths[0] + sum(GAP + widths[each] for each in (*taken, index)) > WIDTH:
            yield [[row[0], *(row[each] for each in taken)] for row in grid]
            taken = []
        taken.append(index)
    yield [[row[0], *(row[each] for each in taken)] for row in grid]


def _printed(grid: Grid) -> str:
    widths = _widths(grid)
    lines = (parts for row in grid for parts in zip_longest(*(text.split("\n") for text in row), fillvalue=""))
    padded = ([part.ljust(width) for part, width in zip(parts, widths, strict=True)] for parts in lines)
    return "\n".join((" " * GAP).join(parts).rstrip() for parts in padded)
