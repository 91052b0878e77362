"""Which protected files a plugin opened: data that it is judged by, other trials' results.

Seen is what Python opens, on every thread: `open`, `os.open`, numpy, `torch.load`. What a C library opens by itself is
not, nor what another process opens: this marks mistakes and shortcuts, it is no sandbox.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LISTED = 10
CODE = (".py", ".pyc", ".so", ".pyd")  # an import may well find its code under a folder that is the data root too


class Audit:
    """Note protected files that are opened while it is armed.

    Args:
        protected: folders and files.
        allowed: folders below these that are nevertheless the plugin's own.
    """

    def __init__(self, protected: Iterable[Path] = (), allowed: Iterable[Path] = ()) -> None:
        self._protected = _ends(protected)
        self._allowed = _ends(allowed)
        self._found: dict[str, None] = {}

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Note what is opened inside."""
        if not self._protected:
            yield
            return
        _listen()
        _armed.append(self)
        try:
            yield
        finally:
            _armed.remove(self)

    def note(self, opened: Any) -> None:
        """Take in the path of a file that is about to be opened; relative ones are below the working folder."""
        try:
            name = os.fsdecode(opened)
            if name.endswith(CODE):
                return
            path = os.path.realpath(name) + os.sep
        except (TypeError, ValueError, OSError):  # a descriptor, or no path at all: opening it says so
            return
        if path.startswith(self._protected) and not path.startswith(self._allowed):
            self._found[path.rstrip(os.sep)] = None

    def told(self) -> str | None:
        """Return what was found since it was told last: `opened 2 protected files: ...`; None where nothing was."""
        found = [str(Path("…", *Path(path).parts[-3:])) for path in self._found]
        self._found = {}
        if not found:
            return None
        more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
        return f"opened {len(found)} protected file{'s' * (len(found) > 1)}: {', '.join(found[:LISTED])}{more}"


_armed: list[Audit] = []  # the hook below cannot be taken out again; with nobody here it does nothing


@cache
def _listen() -> None:
    """Hear of every file that this process opens, from here on."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        for audit in _armed:
            audit.note(arguments[0])


def _ends(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return real paths that end with a separator, so that a folder is not taken for another with a longer name."""
    return tuple(os.path.realpath(path).rstrip(os.sep) + os.sep for path in paths)
