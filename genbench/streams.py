"""The standard streams of a process: kept open under other numbers, so that they can be put back."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import suppress
from typing import Any

NAMES = ("stdin", "stdout", "stderr")


class Streams:
    """The three standard streams at one moment."""

    def __init__(self) -> None:
        self._objects = {name: getattr(sys, name) for name in NAMES if not _is_closed(getattr(sys, name))}
        self._files = [_identity(number) for number in range(3)]
        self._copies = [_copy(number) for number in range(3)]

    def put_back(self) -> list[str]:
        """Open again what was closed or replaced; return what that was."""
        changed = {name for number, name in enumerate(NAMES) if self._put_file_back(number)}
        changed |= {
            name for number, name in enumerate(NAMES) if name in self._objects and self._put_object_back(number)
        }
        return [f"closed or replaced {', '.join(sorted(changed))}, put back"] if changed else []

    def _put_file_back(self, number: int) -> bool:
        copy, self._copies[number] = self._copies[number], None
        is_changed = _identity(number) != self._files[number]
        if copy is not None:
            with suppress(OSError):  # the plugin closed the copy too
                if is_changed:
                    os.dup2(copy, number)
                os.close(copy)
        return is_changed

    def _put_object_back(self, number: int) -> bool:
        name = NAMES[number]
        before, now = self._objects[name], getattr(sys, name)
        if now is before and not _is_closed(now):
            return False
        setattr(sys, name, _open(number) if _is_closed(before) else before)
        return True


def _identity(number: int) -> tuple[int, int] | None:
    """Return which file a number stands for, None where it is closed."""
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _copy(number: int) -> int | None:
    """Return another number for the same file, not one of the three, which may be free."""
    try:
        return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, len(NAMES))
    except OSError:
        return None


def _is_closed(stream: Any) -> bool:
    return bool(getattr(stream, "closed", False))


def _open(number: int) -> Any:
    """Return a stream on a number, for one that was closed; the number itself stays open when the stream is closed."""
    mode = "w" if number else "r"
    return open(number, mode, buffering=1, errors="backslashreplace", closefd=False)
