"""Examples of every kind as sequences of whole numbers, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from genbench import Task

BYTE = 256
MU = 255.0  # of the companding law (ITU-T, Recommendation G.711, 1988)


class Levels(Protocol):
    """Turns examples into sequences and sequences into examples."""

    count: int  # distinct values
    length: int  # of a sequence
    measure: str  # of a log-likelihood, as `genbench.Likelihood` names it

    def encode(self, x: Tensor) -> Tensor:
        """Return int64 [n, length] of [n, *shape]."""
        ...

    def decode(self, values: Tensor) -> Tensor:
        """Return [n, *shape] of int64 [n, length]."""
        ...


class Pixels:
    """Images in raster order, the channels of a pixel one after the other."""

    def __init__(self, shape: tuple[int, ...], count: int) -> None:
        self.shape, self.count, self.length = shape, count, math.prod(shape)
        self.measure = f"pmf{count}"

    def encode(self, x: Tensor) -> Tensor:
        """Return the nearest of `count` levels from 0 to 1; bytes are found again exactly where it is 256."""
        return (x.permute(0, 2, 3, 1).flatten(1) * (self.count - 1)).round().long()

    def decode(self, values: Tensor) -> Tensor:
        """Return pixels in [0, 1]."""
        channels, height, width = self.shape
        pixels = values.float().div(self.count - 1).view(-1, height, width, channels)
        return pixels.permute(0, 3, 1, 2).contiguous()


class Companded:
    """Waves by the mu law: f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu), in equal bins of f, one sample a value.

    Channels follow each other within a sample.
    """

    def __init__(self, shape: tuple[int, ...], count: int) -> None:
        self.shape, self.count, self.length = shape, count, math.prod(shape)
        self.measure = f"pmf{count}"

    def encode(self, x: Tensor) -> Tensor:
        """Return the bin of f(x)."""
        companded = x.sign() * torch.log1p(MU * x.abs()) / math.log1p(MU)
        return ((companded.transpose(1, 2).flatten(1) + 1) / 2 * self.count).long().clamp(0, self.count - 1)

    def decode(self, values: Tensor) -> Tensor:
        """Return the x whose f(x) is the bin's centre."""
        companded = (values.float() + 0.5) / self.count * 2 - 1
        x = companded.sign() * torch.expm1(companded.abs() * math.log1p(MU)) / MU
        return x.view(-1, self.shape[1], self.shape[0]).transpose(1, 2).contiguous()


class Tokens:
    """Tokens as they are."""

    measure = "pmf"

    def __init__(self, shape: tuple[int, ...], count: int) -> None:
        self.count, self.length = count, math.prod(shape)

    def encode(self, x: Tensor) -> Tensor:
        """Return the tokens."""
        return x

    def decode(self, values: Tensor) -> Tensor:
        """Return the tokens."""
        return values


def levels_of(task: Task, count: int | None) -> Levels:
    """Return how `task`'s examples become sequences, of `count` levels where the kind leaves a choice.

    Raises:
        ValueError: tokens cannot be had in another number.
    """
    if task.kind == "tokens":
        assert task.classes is not None
        if count not in (None, task.classes):
            raise ValueError(f"levels={count}: tokens have the {task.classes} values of their alphabet; leave it out")
        return Tokens(task.shape, task.classes)
    if task.kind == "wave":
        return Companded(task.shape, count or WAVE_LEVELS)
    return Pixels(task.shape, count or BYTE)


WAVE_LEVELS = 64
