"""A running average of a network's weights."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

    @property
    def is_on_host(self) -> bool:
        """Whether to read `updates` is to wait for nothing."""
        return self.updates.device.type == "cpu"

    def forward(self, *inputs: Tensor) -> Tensor:
        """Apply the averaged network."""
        return self.network(*inputs)  # type: ignore[no-any-return]

    def follow(self, network: nn.Module) -> None:
        """Take one step towards `network`, which must be of the same shape."""
        self.following(network)()

    def following(self, network: nn.Module) -> Callable[[], None]:
        """Return what takes one step towards `network`, for as long as both keep their tensors.

        To look these up at each step would take more time than the step.
        """
        return partial(self._step, list(_averaged(self.network)), list(_averaged(network)))

    @torch.no_grad()
    def _step(self, own: list[Tensor], others: list[Tensor]) -> None:
        self.updates.add_(1)
        if self.is_on_host:
            weight = max(1 - DECAY, (RAMP - 1) / (RAMP + self.updates.item()))
            torch._foreach_lerp_(own, others, weight)
        else:  # a graph can replay it: nothing is counted on the host
            differences = torch._foreach_sub(others, own)
            torch._foreach_mul_(differences, ((RAMP - 1) / (RAMP + self.updates)).clamp(min=1 - DECAY))
            torch._foreach_add_(own, differences)


def _averaged(network: nn.Module) -> Iterator[Tensor]:
    yield from network.parameters()
    yield from (buffer for buffer in network.buffers() if buffer.is_floating_point())
