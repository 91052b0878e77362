"""Which networks a task gets: perceptrons, convolutions over pixels or over time, a recurrent reader for tokens.

The convolutions are those of the headline study (M. Lucic, K. Kurach, M. Michalski, S. Gelly, O. Bousquet, 2018,
arXiv 1711.10337), after X. Chen et al., InfoGAN, 2016, arXiv 1606.03657, with a quarter of the channels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from torch import nn

from genbench.backbones import pixels, recurrent, waves
from genbench.backbones.perceptrons import SLOPE, perceptron

if TYPE_CHECKING:
    from genbench.hookspecs import Task

SMALL = 8  # pixels a side up to which a perceptron is faster and no worse than convolutions


class Size(NamedTuple):
    """How large the networks are."""

    width: int  # hidden units of a perceptron or a recurrent network, channels of the outermost convolution
    depth: int = 2  # hidden layers of a perceptron


def is_convolutional(task: Task) -> bool:
    """Whether `task` is of images that two strides of 2 divide and that are worth it, or of long waves."""
    if task.kind == "wave":
        return waves.are_strided(task.shape)
    return task.kind == "image" and max(task.shape[1:]) > SMALL and all(side % 4 == 0 for side in task.shape[1:])


def neutral_size(task: Task) -> Size:
    """Return the size for `task`'s shape, as measured at some thousands of steps."""
    if is_convolutional(task):
        return Size(width=16)
    return Size(width=128, depth=3) if task.kind == "points" else Size(width=128)


def encoder(task: Task, *, outputs: int, size: Size) -> nn.Module:
    """Map x [n, *shape] to [n, outputs]; no normalisation, so that a row's outputs do not depend on its batch."""
    if task.kind == "tokens":
        assert task.classes is not None
        return recurrent.Reader(task.classes, outputs, size.width)
    if not is_convolutional(task):
        hidden = perceptron(math.prod(task.shape), *[size.width] * size.depth, activation=nn.LeakyReLU(SLOPE))
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(size.width, outputs))
    make = waves.encoder if task.kind == "wave" else pixels.encoder
    return make(task.shape, outputs, size.width)


def decoder(task: Task, *, inputs: int, size: Size, normalised: bool = True) -> nn.Module:
    """Map z [n, inputs] to [n, *shape], of any range; convolutions are normalised over the batch.

    Without `normalised` they are not, so that a row's outputs do not depend on its batch.
    Of tokens it is a `recurrent.Writer`, which maps z and the tokens so far to the next one's logits.
    """
    if task.kind == "tokens":
        assert task.classes is not None
        return recurrent.Writer(task.classes, inputs, size.width)
    if not is_convolutional(task):
        hidden = perceptron(inputs, *[size.width] * size.depth, activation=nn.ReLU())
        return nn.Sequential(*hidden, nn.Linear(size.width, math.prod(task.shape)), nn.Unflatten(1, task.shape))
    make = waves.decoder if task.kind == "wave" else pixels.decoder
    return make(task.shape, inputs, size.width, normalised=normalised)
