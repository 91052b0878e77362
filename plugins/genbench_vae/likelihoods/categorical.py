"""Tokens, each given z and those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from genbench.backbones.recurrent import Writer


class Categorical(nn.Module):
    """Sequences of `length` tokens by a network that writes one after another."""

    measure = "pmf"

    def __init__(self, network: Writer, length: int) -> None:
        super().__init__()
        self.network, self.length = network, length

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n], summed over tokens."""
        logits = self.network(z, x).float()
        return -cross_entropy(logits.flatten(0, 1), x.flatten(), reduction="none").view(x.shape).sum(1)

    def mean(self, z: Tensor) -> Tensor:
        """Return the likeliest token each time, in the place of a mean that tokens have not."""
        return self.network.write(z, self.length, greedy=True)

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        return self.network.write(z, self.length)
