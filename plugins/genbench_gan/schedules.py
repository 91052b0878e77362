"""Learning rates over the budget, and whose turn it is; both go on where a killed training stood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.optim import Optimizer

LEAST = 1e-3  # of the first learning rate: the last steps count too


def factor(schedule: str, fraction: float) -> float:
    """Return the share of the first learning rate at a fraction of the budget: for `constant`, 1."""
    if schedule == "linear":
        return max(LEAST, 1 - fraction)
    if schedule == "cosine":
        return max(LEAST, (1 + math.cos(math.pi * fraction)) / 2)
    return 1.0


def follow_schedule(optimisers: Sequence[Optimizer], schedule: str, fraction: float) -> None:
    """Set the learning rates to where they stand at that fraction of the budget."""
    if schedule == "constant":
        return
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            first = group.setdefault("initial_lr", group["lr"])
            group["lr"] = first * factor(schedule, fraction)


class Turns:
    """Counts hand-outs, to tell which moves are due."""

    def __init__(self) -> None:
        self.count = 0

    def due(self, every: Sequence[int]) -> tuple[int, ...]:
        """Count one more hand-out; return the places of the moves that are due on it: each on its every n-th."""
        self.count += 1
        return tuple(place for place, period in enumerate(every) if self.count % period == 0)

    def state_dict(self) -> dict[str, int]:
        """Return what a later attempt goes on from."""
        return {"count": self.count}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from there."""
        self.count = state["count"]
