"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's: fine, worth knowing, or in the way of a run."""

    state: Literal["ok", "warn", "fail"]
    topic: str
    text: str
    advice: str = ""  # what to do

    def __str__(self) -> str:
        line = f"{self.state:<4}  {self.topic}: {self.text}"
        return f"{line}\n      what to do: {self.advice}" if self.advice else line


def ok(topic: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(state="ok", topic=topic, text=text)


def warn(topic: str, text: str, advice: str = "") -> Finding:
    """Return a finding that is in nobody's way."""
    return Finding(state="warn", topic=topic, text=text, advice=advice)


def fail(topic: str, text: str, advice: str = "") -> Finding:
    """Return a finding for which a run would fail, or its numbers would be wrong."""
    return Finding(state="fail", topic=topic, text=text, advice=advice)
