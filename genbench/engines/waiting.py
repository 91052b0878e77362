"""What waits for its turn: in the order of asking, exclusive calls neither beside others nor overtaken."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from genbench.engines.call import Call, Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A call and who is to be told of its end, or a promise to make one when its turn has come."""

    done: Callable[[Ended], None]
    call: Call | None = None
    make: Callable[[], Call | None] | None = None
    is_alone: bool = False  # exclusive, whatever the call that is made says
    needs_device: bool = False

    def fits(self, *, is_idle: bool, has_device: bool) -> bool:
        """Whether it may start now."""
        return (is_idle or not self.is_exclusive) and (has_device or not self.is_bound)

    @property
    def is_exclusive(self) -> bool:
        """Whether it runs alone."""
        return self.is_alone or (self.call is not None and self.call.is_exclusive)

    @property
    def is_bound(self) -> bool:
        """Whether it takes a device."""
        return self.needs_device or (self.call is not None and self.call.needs_device)


class Waiting:
    """The queue."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry, *, first: bool = False) -> None:
        """Add an entry at the end, or before all others."""
        (self._entries.appendleft if first else self._entries.append)(entry)

    def take(self, *, is_idle: bool, has_device: bool) -> Entry | None:
        """Return the entry that starts now, its call made, or None where none may.

        Args:
            is_idle: nothing runs.
            has_device: a device is free, or none are handed out.
        """
        while (entry := self._next(is_idle=is_idle, has_device=has_device)) is not None:
            self._entries.remove(entry)
            if entry.make is None:
                return entry
            made = entry.make()
            if made is not None:  # what it needs is known only now: it may have to wait after all
                made = replace(made, is_exclusive=made.is_exclusive or entry.is_alone)
                self.put(Entry(call=made, done=entry.done), first=True)
        return None

    def _next(self, *, is_idle: bool, has_device: bool) -> Entry | None:
        """Find the first entry that fits. What is exclusive is not overtaken; what waits for a device is, by calls."""
        is_first = True
        for entry in self._entries:
            if entry.fits(is_idle=is_idle, has_device=has_device) and (is_first or entry.make is None):
                return entry
            if entry.is_exclusive and not is_idle:
                return None
            is_first = False
        return None

    def empty(self) -> Iterator[Entry]:
        """Take out everything."""
        while self._entries:
            yield self._entries.popleft()
