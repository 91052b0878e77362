"""Networks in which a place sees only those before it: stacks of dilated causal convolutions.

References:
    A. van den Oord, S. Dieleman, H. Zen, K. Simonyan, O. Vinyals, A. Graves, N. Kalchbrenner, A. Senior,
    K. Kavukcuoglu, WaveNet: a generative model for raw audio, 2016, arXiv 1609.03499, sections 2.1 to 2.4.
    Incremental sampling: T. Le Paine et al., Fast WaveNet generation algorithm, 2016, arXiv 1611.09482.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

KERNEL = 2  # values that a convolution sees: one of now, one of `dilation` places ago


class CausalSize(NamedTuple):
    """How large a stack is."""

    channels: int
    skip: int  # channels of the sum that leaves all layers
    layers: int  # of one round, with dilations 1, 2, 4, ...
    rounds: int = 1

    @property
    def dilations(self) -> tuple[int, ...]:
        """Return the dilation of every layer."""
        return tuple(2**layer for layer in range(self.layers)) * self.rounds

    @property
    def field(self) -> int:
        """Return how many places an output sees: 1 + the sum of dilations."""
        return 1 + sum(self.dilations)


class GatedLayer(nn.Module):
    """One gated unit with kernel 2: tanh(W_f * x) sigmoid(W_g * x), then 1x1 to the residual and to the skip.

    The last layer of a stack has no residual: nothing would read it.
    """

    def __init__(self, size: CausalSize, *, is_last: bool) -> None:
        super().__init__()
        self.gates = nn.Linear(KERNEL * size.channels, 2 * size.channels)
        self.residual = None if is_last else nn.Linear(size.channels, size.channels)
        self.skip = nn.Linear(size.channels, size.skip)

    def forward(self, past: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next layer's input and this layer's skip, from [..., channels] of then and now."""
        value, gate = self.gates(torch.cat([past, now], dim=-1)).chunk(2, dim=-1)
        unit = torch.tanh(value) * torch.sigmoid(gate)
        return now if self.residual is None else now + self.residual(unit), self.skip(unit)


class CausalStack(nn.Module):
    """Map features [n, t, channels] to [n, t, skip], where an output sees its own place and those before.

    Before the first place the features go on for ever as `start` [channels]: what a layer sees there is one constant,
    so that a sequence's beginning costs nothing, and a stretch cut out of it is computed as if it stood in its place.
    """

    def __init__(self, size: CausalSize) -> None:
        super().__init__()
        self.size = size
        last = len(size.dilations) - 1
        self.layers = nn.ModuleList(GatedLayer(size, is_last=index == last) for index in range(last + 1))

    def forward(self, features: Tensor, start: Tensor | None = None) -> Tensor:
        """Return an output for every place or, without a `start`, for those whose whole field is given."""
        before = [] if start is None else self.constants(start)
        hidden, total = features, torch.zeros((), device=features.device)
        for index, (layer, dilation) in enumerate(zip(self.layers, self.size.dilations, strict=True)):
            if before:
                hidden = torch.cat([before[index].expand(len(hidden), dilation, -1), hidden], dim=1)
            hidden, skip = layer(hidden[:, :-dilation], hidden[:, dilation:])
            total = skip if index == 0 else total[:, -skip.shape[1] :] + skip
        return total

    def constants(self, start: Tensor) -> list[Tensor]:
        """Return what each layer sees before the first place, [channels] each."""
        seen = []
        for layer in self.layers:
            seen.append(start)
            start, _ = layer(start, start)
        return seen

    def walk(self, start: Tensor, count: int) -> Walk:
        """Begin `count` sequences that are computed place by place."""
        return Walk(self, start, count)


class Walk:
    """Compute a stack place by place, each in the time of its layers whatever came before.

    Args:
        stack: whose outputs are wanted.
        start: features [channels] before the first place.
        count: sequences side by side.
    """

    def __init__(self, stack: CausalStack, start: Tensor, count: int) -> None:
        self._layers = list(zip(stack.layers, stack.size.dilations, strict=True))
        self._seen = [  # a ring for each layer: what it saw `dilation` places ago is where the present is put
            constant.float().expand(dilation, count, -1).clone()
            for constant, dilation in zip(stack.constants(start), stack.size.dilations, strict=True)
        ]
        self._place = 0

    def __call__(self, features: Tensor) -> Tensor:
        """Return the outputs [count, skip] at the next place, whose features are [count, channels]."""
        hidden, total = features, torch.zeros((), device=features.device)
        for (layer, dilation), seen in zip(self._layers, self._seen, strict=True):
            ring = seen[self._place % dilation]
            past = ring.clone()
            ring.copy_(hidden)
            hidden, skip = layer(past, hidden)
            total = total + skip
        self._place += 1
        return total


class CausalNetwork(nn.Module):
    """A distribution of sequences of whole numbers: p(x) = prod_t p(x_t | x_<t), each a softmax over `levels`.

    Args:
        levels: of every value.
        length: of a sequence.
        size: of the stack.
        is_placed: the network is told the place too, for sequences that begin at the same spot, as an image's pixels.
        is_ordinal: levels are in an order: neighbours begin with features that are alike.
    """

    def __init__(
        self, levels: int, length: int, size: CausalSize, *, is_placed: bool = False, is_ordinal: bool = False
    ) -> None:
        super().__init__()
        self.levels, self.length, self.size = levels, length, size
        self.embedding = nn.Embedding(levels + 1, size.channels)  # the last is of what stands before the first value
        self.places = nn.Embedding(length + 1, size.channels, padding_idx=length) if is_placed else None
        self.stack = CausalStack(size)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(size.skip, size.skip), nn.ReLU(), nn.Linear(size.skip, levels))
        if is_ordinal:
            _order(self.embedding.weight, levels)

    def forward(self, values: Tensor) -> Tensor:
        """Return the logits of every value given those before it: [n, t, levels] of int64 [n, t], t up to `length`."""
        features = self.embedding(self._shifted(values)[:, :-1])
        if self.places is not None:
            features = features + self.places.weight[: values.shape[1]]
        return self.head(self.stack(features, self._start()))  # type: ignore[no-any-return]

    def log_prob(self, values: Tensor) -> Tensor:
        """Return log p(x) [n]."""
        logits = self(values).float()
        return -nn.functional.cross_entropy(logits.transpose(1, 2), values, reduction="none").sum(1)

    def log_prob_of_stretches(self, values: Tensor, stretch: int, of_rows: Tensor) -> Tensor:
        """Return an unbiased estimate of log p(x) [n] from one stretch of each row, times the number of stretches.

        Args:
            values: int64 [n, length].
            stretch: places; a row falls into ceil(length / stretch) of them, the last may be shorter.
            of_rows: which stretch of each row, int64 [n].
        """
        first = of_rows[:, None] * stretch
        slots = first + torch.arange(1 - self.size.field, stretch, device=values.device)
        features = self.embedding(self._shifted(values).gather(1, slots.clamp(0, self.length)))
        if self.places is not None:
            features = features + self.places(torch.where(slots < 0, self.length, slots.clamp(max=self.length)))
        logits = self.head(self.stack(features)).float()
        wanted = slots[:, -stretch:]
        targets = values.gather(1, wanted.clamp(max=self.length - 1)).masked_fill(wanted >= self.length, -100)
        losses = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # 0 past the end
        return -losses.sum(1) * -(-self.length // stretch)

    def draw(self, count: int) -> Tensor:
        """Draw `count` sequences, int64 [count, length], value by value."""
        walk = self.stack.walk(self._start(), count)
        device = self.embedding.weight.device
        value = torch.full((count,), self.levels, device=device)
        drawn = torch.empty(count, self.length, dtype=torch.int64, device=device)
        for place in range(self.length):
            drawn[:, place] = value = _draw(self.head(walk(self._features(value, place))))
        return drawn

    def _features(self, value: Tensor, place: int) -> Tensor:
        features: Tensor = self.embedding(value)
        return features if self.places is None else features + self.places.weight[place]

    def _start(self) -> Tensor:
        return self.embedding.weight[self.levels]

    def _shifted(self, values: Tensor) -> Tensor:
        """Return values with one before the first: a place sees the value before its own, never its own."""
        return pad(values, (1, 0), value=self.levels)


def _draw(logits: Tensor) -> Tensor:
    """Draw from softmax(logits) [n, levels]: the first of races whose rates are the probabilities; int64 [n]."""
    rates = torch.softmax(logits.float(), dim=-1)
    return (rates / torch.empty_like(rates).exponential_()).argmax(dim=-1)


@torch.no_grad()
def _order(weight: Tensor, levels: int) -> None:
    """Let the first `levels` rows lie about a line, in order."""
    along = torch.linspace(-1, 1, levels, device=weight.device)[:, None] * torch.randn_like(weight[:1])
    weight[:levels] = along + 0.1 * weight[:levels]
