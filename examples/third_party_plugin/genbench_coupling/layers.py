"""A flow of affine couplings (Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2017)."""

import math

import torch
from torch import nn


class Coupling(nn.Module):
    """Shift and scale half of the coordinates by what a network says of the other half, and of a condition [n, c]."""

    def __init__(self, size, conditions, width, is_odd):
        super().__init__()
        self.register_buffer("kept", (torch.arange(size) % 2 == int(is_odd)).float(), persistent=False)
        self.network = nn.Sequential(
            nn.Linear(size + conditions, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, 2 * size),
        )
        nn.init.zeros_(self.network[-1].weight)  # at first it changes nothing
        nn.init.zeros_(self.network[-1].bias)

    def coefficients(self, x, condition):
        """Return the logarithm of the scale and the shift [n, d], both 0 where coordinates are kept."""
        scale, shift = self.network(torch.cat([x * self.kept, condition], dim=1)).chunk(2, dim=1)
        return 2 * torch.tanh(scale / 2) * (1 - self.kept), shift * (1 - self.kept)

    def forward(self, x, condition):
        """Return where rows go [n, d], and the logarithm of the volume's change [n]."""
        scale, shift = self.coefficients(x, condition)
        return x * scale.exp() + shift, scale.sum(1)

    def inverse(self, z, condition):
        """Return the rows that went to `z`."""
        scale, shift = self.coefficients(z, condition)  # of the kept half, which is the same
        return (z - shift) * (-scale).exp()


class Flow(nn.Module):
    """Couplings one after another, between rows [n, d] and draws of N(0, 1)."""

    def __init__(self, size, conditions, *, layers, width):
        super().__init__()
        self.size = size
        self.couplings = nn.ModuleList(Coupling(size, conditions, width, number % 2) for number in range(layers))

    def log_density(self, x, condition):
        """Return log p(x | condition) [n], by the change of variables."""
        volume = torch.zeros(len(x), device=x.device)
        for coupling in self.couplings:
            x, change = coupling(x, condition)
            volume = volume + change
        return volume - (x.square() + math.log(2 * math.pi)).sum(1) / 2

    def draw(self, condition):
        """Return a row for every condition."""
        x = torch.randn(len(condition), self.size, device=condition.device)
        for coupling in reversed(self.couplings):
            x = coupling.inverse(x, condition)
        return x
