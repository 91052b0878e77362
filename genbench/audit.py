"""Which protected files a plugin opened: data that it is judged by, other trials' results.

Seen is what goes through Python's doors, on every thread: `open` and `os.open`, and with them pathlib, numpy, gzip and
`torch.load`. What a C library opens by itself is not, nor what another process opens: this marks mistakes and shortcuts
and is no sandbox. An audit hook (PEP 578) would see a little more, but is called for every `id()` too, for the rest of
the process: 0.3 us each, of which a step makes dozens. Standing at the doors costs nothing but at a door.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LISTED = 10
CODE = (".py", ".pyc")  # a compiler reads sources, which may lie under a folder that is the data root too
DOORS = ((builtins, "open"), (io, "open"), (os, "open"))


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
        before = [(module, name, getattr(module, name)) for module, name in DOORS]
        for module, name, function in before:
            setattr(module, name, self._noting(function))
        try:
            yield
        finally:
            for module, name, function in before:
                setattr(module, name, function)

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def opening(*arguments: Any, **named: Any) -> Any:
            self.note(arguments[0] if arguments else named.get("file", named.get("path")))
            return function(*arguments, **named)

        return opening

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
        paths, self._found = self._found, {}
        found = [str(Path("…", *Path(path).parts[-3:])) for path in paths]
        if not found:
            return None
        more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
        return f"opened {len(found)} protected file{'s' * (len(found) > 1)}: {', '.join(found[:LISTED])}{more}"


def _ends(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return real paths that end with a separator, so that a folder is not taken for another with a longer name."""
    return tuple(os.path.realpath(path).rstrip(os.sep) + os.sep for path in paths)
