"""A check as plain text within 100 columns, the verdict in its last line."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from genbench.check.reports import remarks, wording
from genbench.escaping import neutral, shortened
from genbench.tables.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.findings import Checked, Finding

WIDTH = 100
GAP = 2  # columns between two columns
LEAST_LABEL = 12  # characters that the first column keeps whatever the others need
Row = tuple[str, ...]


def text(checked: Checked, *, is_full: bool = False) -> str:
    """Return the table, what is to be doubted, and the verdict.

    Args:
        checked: what was found.
        is_full: show every measure that is only reported, and the p-values of all; else those that moved.
    """
    reported = [each for each in checked.findings if not each.is_gated]
    moved = [each for each in reported if is_full or wording.is_moved(each)]
    parts = ["\n".join(map(_wrapped, remarks.headlines(checked)))]
    if checked.gated:
        parts.append(_table("Gated", checked.gated, is_full))
    if reported:
        parts.append(_reported(moved, len(reported) - len(moved), is_full))
    parts += [_section(title, lines) for title, lines in remarks.sections(checked)]
    parts.append(_wrapped(remarks.verdict_line(checked)))
    return "\n".join(neutral(line.rstrip()) for line in "\n\n".join(parts).splitlines())


def _reported(moved: Sequence[Finding], folded: int, is_full: bool) -> str:
    table = [_table("Only reported", moved, is_full)] if moved else []
    left = [f"{plural(folded, 'measure')} only reported, not moved"] if folded else []
    return "\n".join([*table, *left])


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{title}:", *(_wrapped(line, "  ") for line in lines)])


def _wrapped(line: str, indent: str = "") -> str:
    hanging = f"{indent}  " if indent else ""
    return textwrap.fill(line, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False)


def _table(title: str, findings: Iterable[Finding], is_full: bool) -> str:
    """Return a line a comparison, under its model and data set; intervals beneath effects where there is no room."""
    groups = wording.grouped(findings)
    listing = [finding for _, found in groups for finding in found]
    grid = [wording.HEADINGS, *(wording.cells(each) for each in listing)]
    wanted = 2 + max(len(each) for each in (title, *(wording.measure_name(finding.gate) for finding in listing)))
    if _room(grid) < wanted:
        grid = [tuple(cell.replace(" [", "\n[") for cell in row) for row in grid]
    widths = _widths(grid)
    label_width = min(max(_room(grid), LEAST_LABEL), wanted)
    lines = _printed((shortened(title, label_width), *grid[0]), [label_width, *widths])
    rows = iter(grid[1:])
    for name, found in groups:
        lines.append(shortened(name, WIDTH))
        for each, row in zip(found, rows, strict=False):
            label = f"  {shortened(wording.measure_name(each.gate), label_width - 2)}"
            lines += _printed((label, *row), [label_width, *widths]) + _beneath(each, is_full)
    return "\n".join(lines)


def _beneath(finding: Finding, is_full: bool) -> list[str]:
    told = [wording.long_reason(finding), wording.evidence(finding) if is_full else ""]
    return [_wrapped(each, "    ") for each in told if each]


def _room(grid: Iterable[Row]) -> int:
    """Return how many characters the other columns leave for the first."""
    return WIDTH - sum(GAP + width for width in _widths(grid))


def _widths(grid: Iterable[Row]) -> list[int]:
    return [max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*grid, strict=True)]


def _printed(row: Row, widths: Sequence[int]) -> list[str]:
    """Return the lines of one row, its cells padded; numbers to the right, words to the left."""
    aligned = [str.ljust, str.rjust, str.rjust, *(str.ljust,) * (len(row) - 3)]
    lines = zip_longest(*(cell.split("\n") for cell in row), fillvalue="")
    return [
        (" " * GAP).join(align(part, width) for align, part, width in zip(aligned, parts, widths, strict=True)).rstrip()
        for parts in lines
    ]
