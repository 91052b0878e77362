"""A codebook: vectors are replaced by the nearest of its entries.

A. van den Oord, O. Vinyals, K. Kavukcuoglu, Neural discrete representation learning, 2017, arXiv 1711.00937: section 3,
and appendix A.1 for entries as moving averages. Entries that are not used are put where vectors are, as in P. Dhariwal
et al., Jukebox, 2020, arXiv 2005.00341, section 3.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

RARE = 0.1  # uses a batch, on average, below which an entry is dead
FEWEST = 1e-5  # uses that a mean is divided by


class Quantised(NamedTuple):
    """What vectors became."""

    codes: Tensor  # int64 [...], the nearest entries
    entries: Tensor  # [..., size], those entries
    passed: Tensor  # the same numbers, with the vectors' gradient


class Codebook(nn.Module):
    """Entries [codes, size] that follow the vectors by moving averages, or that gradients move.

    Args:
        codes: entries.
        size: coordinates of each.
        decay: of the moving averages, by batch.
        by_gradient: whether entries are a parameter; uses are counted all the same.
    """

    entries: Tensor
    uses: Tensor
    sums: Tensor

    def __init__(self, codes: int, size: int, *, decay: float, by_gradient: bool) -> None:
        super().__init__()
        self.decay, self.by_gradient = decay, by_gradient
        first = torch.randn(codes, size)
        if by_gradient:
            self.entries = nn.Parameter(first)
        else:
            self.register_buffer("entries", first)
            self.register_buffer("sums", torch.zeros(codes, size))
        self.register_buffer("uses", torch.zeros(codes))  # none yet: all start where the first batch's vectors are

    def nearest(self, vectors: Tensor) -> Tensor:
        """Return the codes [...] of the entries nearest to `vectors` [..., size] (equation 1)."""
        flat = vectors.detach().float().flatten(0, -2)
        entries = self.entries.detach()
        scores = entries.square().sum(dim=1) - 2 * flat @ entries.T  # the vector's own square is of no account
        return scores.argmin(dim=1).view(vectors.shape[:-1])

    def forward(self, vectors: Tensor) -> Quantised:
        """Replace `vectors` [..., size]; gradients pass straight through to them (equation 2)."""
        codes = self.nearest(vectors)
        entries = self.entries[codes]
        return Quantised(codes, entries, vectors + (entries - vectors).detach())

    @torch.no_grad()
    def follow(self, vectors: Tensor, codes: Tensor) -> None:
        """Count a batch's uses, move the entries unless gradients do, and put dead ones on vectors of the batch."""
        vectors, codes = vectors.detach().float().flatten(0, -2), codes.flatten()
        uses = torch.zeros_like(self.uses).index_add_(0, codes, torch.ones_like(vectors[:, 0]))
        self.uses.lerp_(uses, 1 - self.decay)
        if not self.by_gradient:
            sums = torch.zeros_like(self.sums).index_add_(0, codes, vectors)
            self.sums.lerp_(sums, 1 - self.decay)
            self.entries.copy_(self.sums / self.uses.clamp(min=FEWEST)[:, None])
        self._revive(vectors)

    def _revive(self, vectors: Tensor) -> None:
        dead = self.uses < RARE
        chosen = vectors[torch.randint(len(vectors), self.uses.shape, device=vectors.device)]
        self.entries.copy_(torch.where(dead[:, None], chosen, self.entries))
        if not self.by_gradient:
            self.sums.copy_(torch.where(dead[:, None], chosen, self.sums))
        self.uses.copy_(torch.where(dead, 1.0, self.uses))


def perplexity(codes: Tensor, count: int) -> Tensor:
    """Return exp of the entropy of how often each of `count` codes is used: 1 for one code, `count` for all alike."""
    ones = torch.full((codes.numel(),), 1 / codes.numel(), device=codes.device)
    shares = torch.zeros(count, device=codes.device).index_add_(0, codes.flatten(), ones)
    return torch.exp(-torch.xlogy(shares, shares).sum())
