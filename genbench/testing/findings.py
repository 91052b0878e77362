"""What the conformance suite found, and how it tells an author."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from genbench.escaping import plain_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Literal["ok", "note", "fail", "skip"]
WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check on one kind of task: fine, worth knowing, broken, or not applicable."""

    check: str
    place: str  # kind of task: "image", "points", "table", "wave", "tokens"; empty where it is of none
    state: State
    found: str = ""
    expected: str = ""
    fix: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        """Return one line where all is well, and all that an author needs where it is not."""
        where = f"{self.check} on {self.place}" if self.place else self.check
        line = f"{self.state:<4}  {where}{f': {self.found}' if self.found else ''}"
        if self.state != "fail":
            return plain_lines(_wrapped(line, 6))
        return plain_lines(
            "\n".join([_wrapped(line, 6), *_rest("expected", self.expected), *_rest("to fix", self.fix)])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was found of one model."""

    model: str
    distribution: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Return what is broken."""
        return tuple(each for each in self.findings if each.state == "fail")

    @property
    def is_good(self) -> bool:
        """Return whether something was checked, and nothing is broken."""
        return not self.failures and any(each.state == "ok" for each in self.findings)

    def __str__(self) -> str:
        """Return what is broken, what is worth a note, and one line of sums."""
        return self.told(("note", "fail"))

    def told(self, states: Sequence[State]) -> str:
        """Return the findings of these states, what is the same on several kinds once, and one line of sums."""
        merged: dict[Finding, list[str]] = {}
        for each in self.findings:
            if each.state in states:
                merged.setdefault(replace(each, place="", seconds=0.0), []).append(each.place)
        found = sorted(merged.items(), key=lambda item: states.index(item[0].state))
        lines = [str(replace(each, place=", ".join(filter(None, places)))) for each, places in found]
        return "\n".join([*lines, self.summary])

    @property
    def summary(self) -> str:
        """Return the sums: `vae of genbench 0.1.0: 40 checks passed, 2 notes, 3 skipped, 0 failed in 12 s`."""
        count = {state: sum(each.state == state for each in self.findings) for state in ("ok", "note", "skip", "fail")}
        told = f"{count['ok'] + count['note']} checks passed, {count['note']} of them with a note"
        return (
            f"{self.model} of {self.distribution}: {told}, {count['skip']} do not apply, {count['fail']} failed, "
            f"in {self.seconds:.0f} s"
        )


def _rest(title: str, text: str) -> list[str]:
    return [_wrapped(f"      {title}: {text}", 8)] if text else []


def _wrapped(text: str, indent: int) -> str:
    lines = text.splitlines() or [""]
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent=" " * indent, break_long_words=False, drop_whitespace=True)
        for line in lines
    )
