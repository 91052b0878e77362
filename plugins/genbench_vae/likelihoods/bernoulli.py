"""Pixels as probabilities of white."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


class Bernoulli(nn.Module):
    """Independent pixels, the network's output their logits; a grey value in [0, 1] counts as a probability."""

    measure = "bernoulli"

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n], summed over pixels."""
        logits = self.network(z).float()
        return -binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)

    def mean(self, z: Tensor) -> Tensor:
        """Return E[x|z]."""
        return torch.sigmoid(self.network(z).float())

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        return torch.bernoulli(self.mean(z))
