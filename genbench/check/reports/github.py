"""What GitHub Actions shows of a check: annotations by workflow commands, and the summary of the step.

References:
    GitHub, Workflow commands for GitHub Actions: `::error title={title}::{message}`, escaped by `%25`, `%0D`, `%0A`,
    in a property also by `%3A` and `%2C`; ten annotations of a kind are shown a step, a summary may have 1 MiB.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genbench.check.reports import markdown, remarks, wording
from genbench.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from genbench.check.findings import Checked

Kind = Literal["error", "warning", "notice"]
SHOWN = 10  # annotations of each kind
LIMIT = 1 << 20  # bytes of a step's summary
CUT = "\n\nThe rest of this report is in the uploaded files.\n"
DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
PROPERTY = DATA | {":": "%3A", ",": "%2C"}


def tell(checked: Checked, environment: Mapping[str, str], echo: Callable[[str], None]) -> None:
    """Print annotations, and add the report to the step's summary, where GitHub runs this."""
    if environment.get("GITHUB_ACTIONS") == "true":
        for line in commands(checked):
            echo(line)
    if summary := environment.get("GITHUB_STEP_SUMMARY"):
        try:
            summarize(markdown.text(checked), Path(summary))
        except OSError as error:  # what was found stands without it
            echo(f"GITHUB_STEP_SUMMARY: {plain(summary)} cannot be written: {error.strerror}")


def commands(checked: Checked) -> list[str]:
    """Return workflow commands: errors for what failed, warnings for what is undecided, notices for what to verify."""
    told: dict[Kind, list[tuple[str, str]]] = {"error": [], "warning": [], "notice": []}
    for kind, title, message in _all(checked):
        told[kind].append((title, message))
    return [line for kind, found in told.items() for line in _limited(kind, found)]


def summarize(report: str, path: Path) -> None:
    """Append a report to a step's summary, cut at a line where GitHub would refuse the whole."""
    room = LIMIT - (path.stat().st_size if path.exists() else 0)
    content = f"{report}\n".encode()
    if len(content) > room:
        kept = content[: max(0, room - len(CUT.encode()))]
        content = kept[: kept.rfind(b"\n") + 1] + CUT.encode()
    if len(content) <= room:
        with path.open("ab") as file:
            file.write(content)


def _all(checked: Checked) -> Iterator[tuple[Kind, str, str]]:
    if checked.is_baseline_changed:
        yield "warning", "BASELINE CHANGED", remarks.headlines(checked)[-1]
    kinds: dict[str, Kind] = {"FAIL": "error", "INCONCLUSIVE": "warning"}
    for each in checked.gated:
        if each.verdict in kinds:
            yield kinds[each.verdict], f"{each.verdict} {wording.gate_name(each.gate)}", wording.sentence(each)
    yield "notice", "genbench check", remarks.verdict_line(checked)  # first: few are shown
    for where, note in remarks.notes(checked):
        yield "notice", where, note


def _limited(kind: Kind, found: list[tuple[str, str]]) -> Iterator[str]:
    """Yield as many as are shown; the last one tells how many are not."""
    shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
    for title, message in shown:
        yield f"::{kind} title={escaped(title, PROPERTY)}::{escaped(message, DATA)}"
    if len(shown) < len(found):
        yield f"::{kind} title=genbench check::{len(found) - len(shown)} more, see the summary"


def escaped(text: str, characters: Mapping[str, str]) -> str:
    """Return text in which a workflow command finds no end of its own."""
    return "".join(characters.get(each, each) for each in text)
