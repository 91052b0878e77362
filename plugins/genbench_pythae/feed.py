"""The stream of hand-outs as the data loader of a loop that belongs to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pythae.data.datasets import DatasetOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from genbench.batches import Batches

FITS = (0.15, 0.35, 0.55, 0.75, 0.95)  # of the budget: when a sampler that is fitted is fitted
RECENT = 2_048  # rows on which it is


class Spent(Exception):
    """The stream has ended; it takes the trainer out of its loop over epochs."""


class Loader:
    """What pythae takes for a DataLoader: an epoch is as many hand-outs as cover the train split.

    A hand-out is taken when the one before it is done with, and where the epoch stands is in the state.

    Args:
        batches: what `train` was given.
        examples: rows of the train split.
        size: rows of a hand-out.
        fit: called with the last rows [n, ...] at each of `FITS`; None where nothing is fitted.
    """

    def __init__(self, batches: Batches, examples: int, size: int, fit: Callable[[Tensor], None] | None) -> None:
        self.batches = batches
        self.dataset = range(examples)  # the trainer asks for its length
        self.epoch = 1
        self._size, self._fit = size, fit
        self._done = self._fits = 0
        self._recent: list[Tensor] = []

    def __len__(self) -> int:
        return -(-len(self.dataset) // self._size)

    def __iter__(self) -> Iterator[DatasetOutput]:
        while self._done < len(self):
            if self._fit is not None:
                self._fit_if_due(self._fit)
            rows = next(self.batches, None)
            if rows is None:
                raise Spent
            self._done += 1
            if self._fit is not None:
                self._recent = [*self._recent, rows][-max(RECENT // self._size, 1) :]
            yield DatasetOutput(data=rows)
        self._done = 0
        self.epoch += 1

    def state_dict(self) -> dict[str, Any]:
        """Return where the epoch stands."""
        return {"epoch": self.epoch, "done": self._done, "fits": self._fits, "recent": self._recent}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Stand where an earlier attempt's loader stood."""
        self.epoch, self._done, self._fits = state["epoch"], state["done"], state["fits"]
        self._recent = list(state["recent"])

    def _fit_if_due(self, fit: Callable[[Tensor], None]) -> None:
        due = sum(self.batches.fraction >= share for share in FITS)
        if due > self._fits and self._recent:
            self._fits = due
            fit(torch.cat(self._recent))
