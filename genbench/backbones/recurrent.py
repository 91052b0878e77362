"""Gated recurrent units over tokens: a reader of whole sequences, and a writer of one token after another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EMBEDDED = 32  # coordinates of a token


class Reader(nn.Module):
    """Map tokens [n, t] to [n, outputs], by the state after the last."""

    def __init__(self, classes: int, outputs: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, EMBEDDED)
        self.units = nn.GRU(EMBEDDED, width, batch_first=True)
        self.outputs = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Read `x` int64 [n, t]."""
        last: Tensor = self.units(self.embedding(x))[1][-1]
        return self.outputs(last)  # type: ignore[no-any-return]


class Writer(nn.Module):
    """Map z and the tokens so far to the next one's logits (S. Bowman et al., 2016, arXiv 1511.06349).

    z is the first state, and stands beside every token.
    """

    def __init__(self, classes: int, inputs: int, width: int) -> None:
        super().__init__()
        self.start = classes  # what stands before the first token
        self.embedding = nn.Embedding(classes + 1, EMBEDDED)
        self.state = nn.Linear(inputs, width)
        self.units = nn.GRU(EMBEDDED + inputs, width, batch_first=True)
        self.outputs = nn.Linear(width, classes)

    def forward(self, z: Tensor, x: Tensor) -> Tensor:
        """Return logits [n, t, classes] of the tokens `x` [n, t], each given z [n, inputs] and those before it."""
        before = torch.cat([x.new_full((len(x), 1), self.start), x[:, :-1]], dim=1)
        hidden, _ = self.units(self._beside(z, before), self._first(z))
        return self.outputs(hidden)  # type: ignore[no-any-return]

    def write(self, z: Tensor, length: int, *, greedy: bool = False) -> Tensor:
        """Return tokens [n, length] drawn one after another given z [n, inputs]; `greedy`: the likeliest each time."""
        token, state = z.new_full((len(z), 1), self.start, dtype=torch.int64), self._first(z)
        written = []
        for _ in range(length):
            hidden, state = self.units(self._beside(z, token), state)
            logits = self.outputs(hidden[:, 0]).float()
            token = logits.argmax(1, keepdim=True) if greedy else torch.multinomial(logits.softmax(1), 1)
            written.append(token)
        return torch.cat(written, dim=1)

    def _first(self, z: Tensor) -> Tensor:
        return torch.tanh(self.state(z))[None]

    def _beside(self, z: Tensor, tokens: Tensor) -> Tensor:
        return torch.cat([self.embedding(tokens), z[:, None].expand(-1, tokens.shape[1], -1)], dim=2)
