"""The neutral convolutions without their dense layers: into a grid of features, a quarter a side, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from genbench.backbones import waves
from genbench.backbones.perceptrons import SLOPE

if TYPE_CHECKING:
    from genbench.hookspecs import Task


def grid(task: Task) -> tuple[int, ...]:
    """Return the grid of an image or a long wave: (h / 4, w / 4), or its frames."""
    if task.kind == "wave":
        return (task.shape[1] // waves.STRIDE ** waves.strides(task.shape[1]),)
    return task.shape[1] // 4, task.shape[2] // 4


def encoder(task: Task, *, outputs: int, width: int) -> nn.Sequential:
    """Map x [n, *task.shape] to [n, outputs, *grid(task)]."""
    if task.kind == "wave":
        channels = waves.widths(task.shape, width)
        return nn.Sequential(*waves.strided(channels), nn.Conv1d(channels[-1], outputs, 1))
    return nn.Sequential(
        nn.Conv2d(task.shape[0], width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(2 * width, outputs, 1),
    )  # fmt: skip


def decoder(task: Task, *, inputs: int, width: int) -> nn.Sequential:
    """Map a grid [n, inputs, *grid(task)] to [n, *task.shape], of any range."""
    if task.kind == "wave":
        channels = waves.widths(task.shape, width)[::-1]
        return nn.Sequential(nn.Conv1d(inputs, channels[0], 3, padding=1), *waves.unstrided(channels))
    return nn.Sequential(
        nn.Conv2d(inputs, 2 * width, 3, padding=1, bias=False), nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, task.shape[0], 4, stride=2, padding=1),
    )  # fmt: skip
