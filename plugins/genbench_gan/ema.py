"""A running average of a network's weights."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

DECAY = 0.999
RAMP = 10  # updates: while few are done the average is of about the last tenth of them, not of the untrained weights


class RunningAverage(nn.Module):
    """An exponential moving average of a network: a <- a + w (g - a), w = max(1 - DECAY, (RAMP - 1) / (RAMP + t)).

    The t-th update counts from 1. A restored average goes on where it stood. The statistics of batch normalisation are
    averaged too.
    """

    updates: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("updates", torch.zeros(()))
        self._count: int | None = None  # `updates` on the host, so that no update waits for the device

    def forward(self, *inputs: Tensor) -> Tensor:
        """Apply the averaged network."""
        return self.network(*inputs)  # type: ignore[no-any-return]

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Take one step towards `network`, which must be of the same shape."""
        self._count = 1 + (int(self.updates) if self._count is None else self._count)
        self.updates.fill_(self._count)
        weight = max(1 - DECAY, (RAMP - 1) / (RAMP + self._count))
        torch._foreach_lerp_(list(_averaged(self.network)), list(_averaged(network)), weight)

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        self._count = None


def _averaged(network: nn.Module) -> Iterator[Tensor]:
    yield from network.parameters()
    yield from (buffer for buffer in network.buffers() if buffer.is_floating_point())
