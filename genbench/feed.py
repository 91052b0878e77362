"""Rows on their way to the model: an endless chain of seeded permutations, gathered on the device where they fit."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import torch

from genbench.device import has_room

if TYPE_CHECKING:
    from concurrent.futures import Future

    from torch import Tensor

CHAIN = 16_384  # indices drawn at a time, so that drawing them costs nothing a hand-out


class Permutations:
    """An endless chain of seeded permutations of `range(rows)`; every row is seen once before any is seen again.

    The chain is drawn on the CPU, so that it is the same on every device.
    """

    def __init__(self, rows: int, size: int, generator: torch.Generator, device: torch.device) -> None:
        self._rows = rows
        self._size = size
        self._generator = generator
        self._device = device
        self._rest = torch.empty(0, dtype=torch.int64)  # drawn, but not yet enough for a hand-out
        self._ready: deque[Tensor] = deque()

    def __call__(self) -> Tensor:
        """Return the next `size` indices, int64 [size]."""
        if not self._ready:
            self._extend()
        return self._ready.popleft()

    def skip(self, count: int) -> None:
        """Go past `count` hand-outs."""
        for _ in range(count):
            self()

    def _extend(self) -> None:
        missing = max(self._size, CHAIN) - len(self._rest)
        links = [torch.randperm(self._rows, generator=self._generator) for _ in range(-(-missing // self._rows))]
        chain = torch.cat([self._rest, *links])
        whole = len(chain) - len(chain) % self._size
        self._rest = chain[whole:]
        self._ready.extend(torch.split(chain[:whole].to(self._device), self._size))


class Rows(Protocol):
    """Rows and labels of a train split, gathered by index onto the device."""

    def __call__(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return [n, ...] rows in the task's dtype and range and int64 [n] labels, tensors of their own."""
        ...


class Resident:
    """The whole split on the device: one gather a hand-out."""

    def __init__(self, rows: Tensor, labels: Tensor | None, device: torch.device) -> None:
        self._rows = rows.to(device)
        self._labels = None if labels is None else labels.to(device)

    def __call__(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        """Gather rows that are on the device already."""
        labels = None if self._labels is None else self._labels.index_select(0, index)
        return _as_float(self._rows.index_select(0, index)), labels


class Streamed:
    """The split in host memory: a thread gathers into pinned memory and copies on a stream of its own.

    One hand-out is prefetched: `then` names the rows that will be asked for next.
    """

    def __init__(self, rows: Tensor, labels: Tensor | None, device: torch.device) -> None:
        self._rows = rows
        self._labels = labels
        self._device = device
        self._copies = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        self._thread = ThreadPoolExecutor(1, "genbench-feed")
        self._ahead: tuple[Tensor, Future[tuple[Tensor, Tensor | None]]] | None = None

    def __call__(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return rows that were prefetched when they were announced, else gather them now."""
        ahead, self._ahead = self._ahead, None
        ready = ahead[1] if ahead is not None and ahead[0] is index else self._thread.submit(self._gather, index)
        rows, labels = ready.result()
        if self._copies is not None:
            here = torch.cuda.current_stream(self._device)
            here.wait_stream(self._copies)
            for copied in (rows, labels):
                if copied is not None:
                    copied.record_stream(here)  # the allocator must not reuse what is still read here
        return _as_float(rows), labels

    def announce(self, index: Tensor) -> None:
        """Begin to fetch the rows of the next hand-out."""
        self._ahead = (index, self._thread.submit(self._gather, index))

    def _gather(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        labels = None if self._labels is None else self._labels.index_select(0, index)
        return self._send(self._rows.index_select(0, index)), None if labels is None else self._send(labels)

    def _send(self, host: Tensor) -> Tensor:
        if self._copies is None:
            return host.to(self._device)
        with torch.cuda.stream(self._copies):
            return host.pin_memory().to(self._device, non_blocking=True)


class Feed:
    """Hand out rows in the order of the chain; `size` rows at a time."""

    def __init__(
        self, rows: Tensor, labels: Tensor | None, *, size: int, generator: torch.Generator, device: torch.device
    ) -> None:
        fits = has_room(device, rows.numel() * rows.element_size())
        self._rows = (Resident if fits else Streamed)(rows, labels, device)
        self._count, self._size = len(rows), size
        self._generator, self._start = generator, generator.get_state()
        self._place = device if fits else torch.device("cpu")  # of the indices
        self._following: Tensor | None = None
        self.go_to(0)

    def __call__(self) -> tuple[Tensor, Tensor | None]:
        """Return the next rows and labels."""
        if isinstance(self._rows, Resident):
            return self._rows(self._order())
        assert self._following is not None
        handed = self._rows(self._following)
        self._following = self._order()
        self._rows.announce(self._following)
        return handed

    def go_to(self, hand_outs: int) -> None:
        """Stand where `hand_outs` of them have been taken since the start; what is skipped is not gathered."""
        self._generator.set_state(self._start)
        self._order = Permutations(self._count, self._size, self._generator, self._place)
        self._order.skip(hand_outs)
        self._following = None if isinstance(self._rows, Resident) else self._order()


def _as_float(rows: Tensor) -> Tensor:
    """Turn uint8 pixels into float32 in [0, 1]; leave the rest alone."""
    return rows.to(torch.float32).div_(255) if rows.dtype == torch.uint8 else rows
