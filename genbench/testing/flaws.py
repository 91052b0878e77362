"""What a check raises: that something is broken, that it does not apply, or that it is worth a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Flaw(Exception):
    """A model breaks what a check expects of it.

    Args:
        found: what was found.
        expected: in place of what the check says that it expects.
        fix: in place of what the check says that helps.
    """

    def __init__(self, found: str, *, expected: str = "", fix: str = "") -> None:
        super().__init__(found)
        self.expected = expected
        self.fix = fix


class Inapplicable(Exception):
    """A check has nothing to look at in this model; says why."""


class Note(Exception):
    """A check passed, and there is something that the author had better know."""


def some(names: Sequence[str]) -> str:
    """Return the first names of many: `a, b, c and 9 more`."""
    shown = ", ".join(name.lstrip("/") for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
