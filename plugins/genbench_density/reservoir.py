"""Rows of a stream, kept while it passes.

References:
    J. S. Vitter, Random sampling with a reservoir, ACM Transactions on Mathematical Software 11, 1985, algorithm R.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from genbench import Task

MOST_ROWS = 50_000
ROWS = 10_000  # by default: more cost time at every hand-out, and tell the modes of points apart no better
MOST_VALUES = 2**23  # of all rows together: 32 MiB, which every photograph of the model holds


class Reservoir(nn.Module):
    """A uniform sample of the rows of the stream's first pass, without repeats; all of them where they fit.

    The stream is a chain of permutations of the train split: later passes bring nothing new, and a row that is stored
    twice would be its own nearest neighbour.

    Args:
        dimensions: values in a row.
        examples: rows in a pass.
        capacity: rows kept at most.
    """

    stored: Tensor
    seen: Tensor

    def __init__(self, dimensions: int, examples: int, capacity: int) -> None:
        super().__init__()
        self.examples = examples
        self.capacity = min(capacity, examples)
        self.register_buffer("stored", torch.zeros(self.capacity, dimensions))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def __len__(self) -> int:
        return min(int(self.seen), self.capacity)

    @property
    def rows(self) -> Tensor:
        """The rows that are there, [n, dimensions]."""
        return self.stored[: len(self)]

    @torch.no_grad()
    def add(self, x: Tensor) -> int:
        """Let rows [n, ...] pass; return how many of them were of the first pass."""
        seen = int(self.seen)
        fresh = x[: max(0, self.examples - seen)].flatten(1)
        slots: dict[int, int] = {}  # a later row takes the slot of an earlier one
        for row, chance in enumerate(torch.rand(len(fresh), dtype=torch.float64).tolist()):
            place = seen + row
            slot = place if place < self.capacity else math.floor(chance * (place + 1))
            if slot < self.capacity:
                slots[slot] = row
        if slots:
            to, of = (torch.tensor(list(each), device=x.device) for each in (slots.keys(), slots.values()))
            self.stored[to] = fresh[of].to(self.stored.dtype)
        self.seen += len(fresh)
        return len(fresh)


def reservoir_for(task: Task, capacity: int) -> Reservoir:
    """Return an empty reservoir for rows of `task`, of at most `capacity` and of what memory allows."""
    dimensions = math.prod(task.shape)
    return Reservoir(dimensions, task.examples, min(capacity, max(1, MOST_VALUES // dimensions)))
