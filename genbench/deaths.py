"""Threads that die while a plugin's hook runs: what they died of, and whether they meant to leave."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Deaths:
    """What was not caught in threads; `exits` are calls of sys.exit, which Python would pass over in silence."""

    def __init__(self) -> None:
        self.exits: list[str] = []
        self._others: list[str] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what threads die of inside."""
        before = threading.excepthook
        threading.excepthook = self._note
        try:
            yield
        finally:
            threading.excepthook = before

    def told(self) -> list[str]:
        """Return what was found since it was told last, exits apart: `lost a thread: ValueError: ...`."""
        found, self._others = self._others, []
        return found

    def _note(self, death: threading.ExceptHookArgs) -> None:
        if isinstance(death.exc_value, SystemExit):
            self.exits.append(exit_call(death.exc_value))
            return
        self._others.append(f"lost a thread: {death.exc_type.__name__}: {death.exc_value}".strip(": "))
        with suppress(OSError, ValueError):  # the stream of errors may be closed
            threading.__excepthook__(death)


def exit_call(error: SystemExit) -> str:
    """Return the call behind an exit: `sys.exit(1)`."""
    return f"sys.exit({'' if error.code is None else repr(error.code)})"
