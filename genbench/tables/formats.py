"""The tables for documents: Markdown and LaTeX; every string escaped for its format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabulate import tabulate

from genbench.escaping import neutral
from genbench.tables.quality import CONTROL
from genbench.tables.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from genbench.tables.cells import Cell, Page, Sheet

TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\textasciicircum{}",
    "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "↓": r"$\downarrow$", "↑": r"$\uparrow$", "→": r"$\to$", "∞": r"$\infty$", "·": r"$\cdot$", "±": r"$\pm$",
    "–": "--", "…": r"\ldots{}", '"': r"\textquotedbl{}", "⚠": "",
}  # fmt: skip


def page_markdown(page: Page) -> str:
    """Return one comparison as Markdown."""
    parts = [f"## {escape_markdown(' · '.join(page.header))}", f"run {escape_markdown(page.run)}"]
    for sheet in page.sheets:
        parts += [
            f"### {escape_markdown(sheet.title)}",
            escape_markdown(sheet.aside),
            _markdown_table(sheet, page.marks),
        ]
        parts += [escape_markdown(sentence) for sentence in sheet.sentences]
    parts += [f"⚠{number} {escape_markdown(text)}" for number, text in enumerate(page.footnotes, 1)]
    parts += [f"Failed: {escape_markdown(text)}" for text in page.failures]
    return "\n\n".join(neutral(part) for part in parts if part)


def page_latex(page: Page) -> str:
    """Return one comparison as LaTeX tables and the sentences beneath them, for a document that loads booktabs."""
    parts = [part for sheet in page.sheets for part in _latex_sheet(sheet, page)]
    return "\n\n".join([*parts, *(escape_latex(f"Failed: {text}.") for text in page.failures)])


def _rows(
    sheet: Sheet, marks: Mapping[str, Sequence[int]], mark: Callable[[str, Sequence[int]], str]
) -> list[list[str]]:
    cells: list[list[Cell]] = sheet.frame.to_numpy().tolist()
    labels = [mark(str(label), marks.get(str(label), ())) for label in sheet.frame.index]
    return [[label, *(_one_line(cell) for cell in row)] for label, row in zip(labels, cells, strict=True)]


def _one_line(cell: Cell) -> str:
    return (", " if cell.parts else " ").join(cell.lines)


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it stands: no markup, no HTML, nobody notified, no cell broken."""
    entities = re.sub(r"[&<>@#]", lambda found: f"&#{ord(found[0])};", text)
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", entities)


def _markdown_table(sheet: Sheet, marks: Mapping[str, Sequence[int]]) -> str:
    if sheet.frame.empty:
        return ""
    rows = [[escape_markdown(text) for text in row] for row in _rows(sheet, marks, _noted)]
    titles = ["", *(escape_markdown(sheet.titles[str(name)]) for name in sheet.frame.columns)]
    return tabulate(rows, headers=titles, tablefmt="pipe", disable_numparse=True, stralign="left")


def _noted(label: str, numbers: Sequence[int]) -> str:
    return f"{label} ⚠{','.join(map(str, numbers))}" if numbers else label


def escape_latex(text: str) -> str:
    """Return text that LaTeX shows as it stands."""
    return "".join(TEX.get(character, character) for character in text)


def _latex_sheet(sheet: Sheet, page: Page) -> list[str]:
    table = [escape_latex(f"{sheet.title}.")] if sheet.frame.empty else [_latex_table(sheet, page)]
    return table + [escape_latex(sentence) for sentence in sheet.sentences]


def _latex_table(sheet: Sheet, page: Page) -> str:
    rows = _rows(sheet, {}, lambda label, _: label)
    noted = {number for label in sheet.frame.index for number in page.marks.get(str(label), ())}
    lines = [r"\begin{table}", r"\centering", f"\\caption{{{_caption(sheet, page, noted)}}}"]
    lines += [f"\\begin{{tabular}}{{{'l' * (1 + len(sheet.frame.columns))}}}", r"\toprule"]
    lines += [
        " & ".join(["", *(escape_latex(sheet.titles[str(name)]) for name in sheet.frame.columns)]) + r" \\",
        r"\midrule",
    ]
    is_control = False
    for row in rows:
        if row[0].startswith(CONTROL) and not is_control:
            lines.append(r"\midrule")
            is_control = True
        label = escape_latex(row[0]) + _superscript(page.marks.get(row[0], ()))
        lines.append(" & ".join([label, *map(_latex_cell, row[1:])]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def _latex_cell(text: str) -> str:
    """Return a cell; one that opens with a bracket would be read as the argument of the line break before it."""
    return f"{{}}{escape_latex(text)}" if text.startswith("[") else escape_latex(text)


def _superscript(numbers: Sequence[int]) -> str:
    return f"$^{{{','.join(map(str, numbers))}}}$" if numbers else ""


def _caption(sheet: Sheet, page: Page, noted: set[int]) -> str:
    notes = [f"{_superscript([number])}{escape_latex(page.footnotes[number - 1])}." for number in sorted(noted)]
    aside = f"; {sheet.aside}" if sheet.aside else ""
    numbers = f" Numbers are {listed(sheet.identities)}." if sheet.identities else ""
    return " ".join([escape_latex(f"{sheet.title}{aside}. {page.caption}{numbers}"), *notes])
