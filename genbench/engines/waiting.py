"""What waits for its turn: in the order of asking, exclusive calls neither beside others nor overtaken.

One thing goes out of turn. Where calls run alone, because time is their budget, what follows each of them would run
alone too, though it need not, and all other workers would wait. So what is patient waits until several can run side by
side, or until nothing that runs alone is left.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from genbench.engines.call import Call, Ended

MOST_PATIENT = 4  # wait for each other: what was trained and not judged would be lost if this machine died


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A call and who is to be told of its end, or a promise to make one when its turn has come."""

    done: Callable[[Ended], None]
    call: Call | None = None
    make: Callable[[], Call | None] | None = None
    is_alone: bool = False  # exclusive, whatever the call that is made says
    needs_device: bool = False
    device_bytes: int | None = None  # that the call which is made will take of it; None: all

    def fits(self, *, is_idle: bool, has_device: Callable[[int | None], bool]) -> bool:
        """Whether it may start now."""
        return (is_idle or not self.is_exclusive) and (not self.is_bound or has_device(self.size))

    @property
    def size(self) -> int | None:
        """The bytes that it takes of a device, None: all of it."""
        return self.device_bytes if self.call is None else self.call.device_bytes

    @property
    def is_patient(self) -> bool:
        """Whether it may wait for others like it."""
        return self.call is not None and self.call.is_patient

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

    def take(self, *, is_idle: bool, has_device: Callable[[int | None], bool], workers: int = 1) -> Entry | None:
        """Return the entry that starts now, its call made, or None where none may.

        Args:
            is_idle: nothing runs.
            has_device: whether a device has room for so many bytes, None: for one call alone; or none are handed out.
            workers: calls that may run side by side.
        """
        while (entry := self._next(self._order(is_idle, workers), is_idle=is_idle, has_device=has_device)) is not None:
            self._entries.remove(entry)
            if entry.make is None:
                return entry
            made = entry.make()
            if made is not None:  # what it needs is known only now: it may have to wait after all
                made = replace(made, is_exclusive=made.is_exclusive or entry.is_alone)
                self.put(Entry(call=made, done=entry.done), first=True)
        return None

    def _order(self, is_idle: bool, workers: int) -> Iterable[Entry]:
        """Return the entries, those last that wait for others like them."""
        patient = [entry for entry in self._entries if entry.is_patient] if is_idle else []
        if not patient or len(patient) >= min(workers, MOST_PATIENT):
            return self._entries
        return [*(entry for entry in self._entries if not entry.is_patient), *patient]

    def _next(
        self, entries: Iterable[Entry], *, is_idle: bool, has_device: Callable[[int | None], bool]
    ) -> Entry | None:
        """Find the first entry that fits. What is exclusive is not overtaken; what waits for a device is, by calls."""
        is_first = True
        for entry in entries:
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
