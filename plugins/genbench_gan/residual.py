"""Small residual networks for images, after Miyato, Kataoka, Koyama & Yoshida, 2018, arXiv 1802.05957, tables 3 and 4.

The generator's blocks are normalised over the batch, the discriminator's not at all; a quarter of the channels or less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import nn
from torch.nn import functional

from genbench_gan.canonical import halvings
from genbench_gan.networks import ended

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task

WIDTH = 16
STRAIGHT = 2  # blocks of the discriminator that keep the resolution


class Up(nn.Module):
    """Doubles the sides: x' = up(x), and two normalised convolutions of it added.

    Args:
        channels: of x and of what is returned.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.inner = nn.Sequential(
            _convolution(channels, channels), nn.BatchNorm2d(channels), nn.ReLU(), _convolution(channels, channels)
        )
        self.shortcut = _convolution(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, c, h, w] to [n, c, 2h, 2w]."""
        inner: Tensor = self.inner(_doubled(self.before(x)))
        return inner + _doubled(self.shortcut(x))  # a 1x1 convolution and doubling commute: fewer pixels in this order


class Down(nn.Module):
    """Two rectified convolutions added to the input; it halves the sides, or keeps them.

    Args:
        before: channels of x.
        after: of what is returned.
        halves: whether the sides are halved, by means.
        is_first: of the network, so that x is not rectified.
    """

    def __init__(self, before: int, after: int, *, halves: bool, is_first: bool = False) -> None:
        super().__init__()
        self._halves = halves
        first: list[nn.Module] = [] if is_first else [nn.ReLU()]
        self.inner = nn.Sequential(*first, _convolution(before, after), nn.ReLU(), _convolution(after, after))
        self.shortcut = _convolution(before, after, 1) if halves or before != after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, before, h, w] to [n, after, h, w], or half the sides."""
        if not self._halves:
            return self.inner(x) + self.shortcut(x)  # type: ignore[no-any-return]
        halved = functional.avg_pool2d(x, 2)
        return functional.avg_pool2d(self.inner(x), 2) + self.shortcut(halved)  # type: ignore[no-any-return]


class Total(nn.Module):
    """Sums over places."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, c, h, w] to [n, c]."""
        return x.sum(dim=(2, 3))


def generator(task: Task, *, inputs: int, width: int | None = None) -> nn.Module:
    """Map z [n, inputs] to images [n, c, h, w] in [0, 1].

    Raises:
        ValueError: the data are no images, or of a side that cannot be halved so often.
    """
    count, channels = halvings(task), width or WIDTH
    inner = (channels, *(side // 2**count for side in task.shape[1:]))
    layers: list[nn.Module] = [nn.Linear(inputs, channels * inner[1] * inner[2]), nn.Unflatten(1, inner)]
    layers += [Up(channels) for _ in range(count)]
    layers += [nn.BatchNorm2d(channels), nn.ReLU(), _convolution(channels, task.shape[0])]
    return ended(nn.Sequential(*layers), task)


def discriminator(task: Task, *, width: int | None = None) -> nn.Sequential:
    """Map images [n, c, h, w] to [n, 1]; its last layer is linear.

    Raises:
        ValueError: as `generator`.
    """
    count, channels = min(2, halvings(task)), width or WIDTH
    layers: list[nn.Module] = [Down(task.shape[0], channels, halves=True, is_first=True)]
    layers += [Down(channels, channels, halves=True) for _ in range(count - 1)]
    layers += [Down(channels, channels, halves=False) for _ in range(STRAIGHT)]
    return nn.Sequential(*layers, nn.ReLU(), Total(), _initialised(nn.Linear(channels, 1)))


def _convolution(before: int, after: int, kernel: int = 3) -> nn.Conv2d:
    return cast("nn.Conv2d", _initialised(nn.Conv2d(before, after, kernel, padding=kernel // 2)))


def _initialised(layer: nn.Conv2d | nn.Linear) -> nn.Module:
    """Draw the weights as Glorot & Bengio, 2010, and set the bias to 0."""
    nn.init.xavier_uniform_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
