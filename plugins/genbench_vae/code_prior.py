"""The prior over grids of codes: one after another, row by row, each by a gated recurrent unit."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

EMBEDDED = 32  # coordinates of a code, and of a place


class CodePrior(nn.Module):
    """p(codes) = prod_t p(code_t | codes before it, its place).

    Args:
        codes: entries of the codebook.
        places: codes of one x.
        width: hidden units.
    """

    def __init__(self, codes: int, places: int, width: int) -> None:
        super().__init__()
        self.start = codes  # what stands before the first
        self.embedding = nn.Embedding(codes + 1, EMBEDDED)
        self.places = nn.Parameter(torch.randn(places, EMBEDDED))
        self.units = nn.GRU(EMBEDDED, width, batch_first=True)
        self.outputs = nn.Linear(width, codes)

    def log_prob(self, codes: Tensor) -> Tensor:
        """Return log p [n] of codes int64 [n, places]."""
        before = torch.cat([codes.new_full((len(codes), 1), self.start), codes[:, :-1]], dim=1)
        hidden, _ = self.units(self.embedding(before) + self.places)
        logits = self.outputs(hidden).float().flatten(0, 1)
        return -cross_entropy(logits, codes.flatten(), reduction="none").view(codes.shape).sum(1)

    def draw(self, count: int) -> Tensor:
        """Return codes int64 [count, places]."""
        code = torch.full((count, 1), self.start, device=self.places.device)
        state, drawn = None, []
        for place in self.places:
            hidden, state = self.units(self.embedding(code) + place, state)
            code = torch.multinomial(self.outputs(hidden[:, 0]).float().softmax(1), 1)
            drawn.append(code)
        return torch.cat(drawn, dim=1)
