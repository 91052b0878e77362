"""A check as GitHub's Markdown: a step's summary, or a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import tabulate

from genbench.check.reports import remarks, wording
from genbench.escaping import neutral, plain
from genbench.tables.formats import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.findings import Checked, Finding

MARKS = {"PASS": "✅", "FAIL": "❌", "INCONCLUSIVE": "⚠️"}
HEADINGS = ("model and data", "measure", *wording.HEADINGS, "reason")


def text(checked: Checked) -> str:
    """Return the verdict, the table of what is gated, and below it what is to be doubted; every string escaped."""
    reported = [each for each in checked.findings if not each.is_gated]
    parts = [f"## {MARKS[checked.verdict]} {escape_markdown(remarks.verdict_line(checked))}"]
    parts += [escape_markdown(line) for line in remarks.headlines(checked)]
    if checked.gated:
        parts.append(_table(checked.gated))
    for title, lines in remarks.sections(checked):
        parts.append(f"**{escape_markdown(title)}**\n\n" + "\n".join(f"- {escape_markdown(line)}" for line in lines))
    if reported:
        parts.append(_folded(f"{len(reported)} only reported", _table(reported)))
    return "\n\n".join(neutral(part) for part in parts) + "\n"


def _table(findings: Iterable[Finding]) -> str:
    rows = [_row(name, each) for name, found in wording.grouped(findings) for each in found]
    return tabulate(rows, headers=HEADINGS, tablefmt="pipe", disable_numparse=True, stralign="left")


def _row(name: str, finding: Finding) -> Sequence[str]:
    cells = (*wording.cells(finding)[:-1], finding.verdict, finding.reason)
    shown = [escape_markdown(plain(each)) for each in (name, wording.measure_name(finding.gate), *cells)]
    if finding.is_gated:
        shown[-2] = f"{MARKS[finding.verdict]} {shown[-2]}"
    return shown


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
