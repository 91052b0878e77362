"""Who is told what a run does, while it does it."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Who tells the user what goes on."""

    def say(self, text: str) -> None:
        """Pass a remark on."""

    def expect(self, pieces: int) -> None:
        """Hear that so many more pieces of work are to come."""

    def done(self, what: str, status: str) -> None:
        """Hear that one of them is done."""
