"""Where a flow lives: R^d, to and from examples of a task, with what that does to densities.

Pixels are bytes: uniform noise of the width of a byte makes them a density (Theis, van den Oord and Bethge, 2016, arXiv
1511.01844, section 3.1), and a logit makes that one of all R^d (Dinh et al., 2017, arXiv 1605.08803, section 4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task

LEVELS = 256
EDGE = 0.05  # what is kept free at both ends of [0, 1] before the logit


@dataclass(frozen=True, slots=True)
class Space:
    """The map of a task's examples to R^d.

    Args:
        task: whose examples they are.
        jitter: width of the uniform noise on one-hot columns while training: they have no density.
    """

    task: Task
    jitter: float

    @property
    def dimensions(self) -> int:
        """How many numbers an example has."""
        return math.prod(self.task.shape)

    @property
    def is_discrete(self) -> bool:
        """Whether examples are bytes."""
        return self.task.kind == "image"

    def spread(self, x: Tensor) -> Tensor:
        """Return x [n, *shape] with the noise that makes it a density, flat, [n, d]."""
        flat = x.flatten(1)
        if self.is_discrete:
            return ((LEVELS - 1) * flat + torch.rand_like(flat)) / LEVELS
        for column in (self.task.schema or {}).get("columns", ()):
            if column["kind"] == "category":
                there = slice(column["start"], column["stop"])
                flat = flat.clone()
                flat[:, there] += self.jitter * (torch.rand_like(flat[:, there]) - 0.5)
        return flat

    def to_reals(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """Return y [n, d] and log |dy/dx| [n]."""
        if not self.is_discrete:
            return flat, flat.new_zeros(len(flat))
        inner = EDGE + (1 - 2 * EDGE) * flat
        y = torch.logit(inner)
        slope = functional.softplus(y) + functional.softplus(-y) + math.log(1 - 2 * EDGE)
        return y, slope.sum(dim=1)

    def to_examples(self, y: Tensor) -> Tensor:
        """Return y [n, d] as examples [n, *shape]; pixels are the bytes whose cells y falls into."""
        if self.is_discrete:
            flat = (torch.sigmoid(y) - EDGE) / (1 - 2 * EDGE)
            y = (LEVELS * flat).floor().clamp(0, LEVELS - 1) / (LEVELS - 1)
        return y.float().view(-1, *self.task.shape)
