"""A running average of a network's weights."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

DECAY = 0.999
RAMP = 10  # updates: while few are done the average is of about the last tenth of them, not of the untrained weights


class RunningAverage(nn.Module):
    """An exponential moving average of a network: a <- a + w (g - a), w = max(1 - DECAY, (RAMP - 1) / (RAMP + t)).

    The t-th update counts from 1, and is counted on the device, so that nothing waits for it and a restored average
    goes on where it stood. The statistics of batch normalisation are averaged too.
    """

    updates: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("updates", torch.zeros(()))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Apply the averaged network."""
        return self.network(*inputs)  # type: ignore[no-any-return]

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Take one step towards `network`, which must be of the same shape."""
        self.updates += 1
        weight = torch.clamp((RAMP - 1) / (RAMP + self.updates), min=1 - DECAY)
        mine = list(_averaged(self.network))
        torch._foreach_mul_(mine, 1 - weight)
        torch._foreach_add_(mine, torch._foreach_mul(list(_averaged(network)), weight))


def _averaged(network: nn.Module) -> Iterator[Tensor]:
    yield from network.parameters()
    yield from (buffer for buffer in network.buffers() if buffer.is_floating_point())
