"""The networks of a hierarchy of latents: one way up without noise, one way down with it.

After R. Child, Very deep VAEs generalize autoregressive models, 2021, arXiv 2011.10650, figure 3.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn

from genbench.backbones import grids, is_convolutional
from genbench.backbones.perceptrons import SLOPE
from genbench_vae.coder import Options, around, default_latent, make_decoder, make_encoder, sized
from genbench_vae.rungs import Rung

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench import Task
    from genbench_vae.likelihoods import Distribution

DENSE = 16  # units of dense layers, times the outermost channels, as in the neutral convolutions
FEWEST = 2  # latents of a vector, which has a third of the plain model's: more are more noise to begin with
CHANNELS = 4  # latents at each place of a grid
Layer = nn.Linear | nn.Conv2d
convolution = partial(nn.Conv2d, kernel_size=3, padding=1)


class Hierarchy(NamedTuple):
    """All networks of a model."""

    climb: Climb
    rungs: list[Rung]
    decoder: Distribution
    start: tuple[int, ...]  # of the state


def make_hierarchy(task: Task, options: Options, groups: int) -> Hierarchy:
    """Return the networks: grids on images that two strides of 2 divide and that are worth it, vectors elsewhere."""
    latent, width, above = (
        options.latent or max(FEWEST, default_latent(task) // 3),
        sized(task, options).width,
        groups - 1,
    )
    if task.kind == "image" and is_convolutional(task):
        steps = [upward(2 * width, convolution) for _ in range(above)]
        climb = Climb(grids.encoder(task, outputs=2 * width, width=width), steps)
        decoder = around(grids.decoder(task, inputs=2 * width, width=width), task, options)
        return Hierarchy(climb, grid_rungs(groups, latent, width, task), decoder, (2 * width, *grids.grid(task)))
    inner = DENSE * width if is_convolutional(task) else width
    climb = Climb(make_encoder(task, options, outputs=inner), [upward(inner, nn.Linear) for _ in range(above)])
    rungs = vector_rungs(groups, latent, inner)
    return Hierarchy(climb, rungs, make_decoder(task, options, inputs=inner), (inner,))


class Climb(nn.Module):
    """The way up: features of x for every rung, the highest first."""

    def __init__(self, trunk: nn.Module, steps: list[nn.Module]) -> None:
        super().__init__()
        self.trunk, self.steps = trunk, nn.ModuleList(steps)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return as many as there are steps, and one."""
        features = [self.trunk(x)]
        for step in self.steps:
            features.append(features[-1] + step(features[-1]))
        return features[::-1]


def vector_rungs(groups: int, latent: int, width: int) -> list[Rung]:
    """Return groups of vectors under a state [n, width]."""
    return [_rung((latent,), width, nn.Linear, is_top=group == 0) for group in range(groups)]


def grid_rungs(groups: int, latent: int, width: int, task: Task) -> list[Rung]:
    """Return a vector over grids, under a state [n, 2 width, *grid]; all of an image that two strides of 2 divide."""
    places = grids.grid(task)
    inner = (2 * width, *places)
    flat, dense = math.prod(inner), DENSE * width
    highest = Rung(
        (latent,),
        prior=None,
        residual=nn.Sequential(nn.Flatten(), _dense(flat, dense), nn.Linear(dense, 2 * latent)),
        merge=nn.Sequential(_dense(latent, dense), nn.Linear(dense, flat), nn.Unflatten(1, inner)),
        mix=_block(2 * width, convolution),
    )
    return [highest, *(_rung((CHANNELS, *places), 2 * width, convolution, is_top=False) for _ in range(groups - 1))]


def upward(width: int, layer: Callable[[int, int], Layer]) -> nn.Module:
    """Return a step of the way up."""
    return nn.Sequential(nn.LeakyReLU(SLOPE), layer(width, width))


def _rung(shape: tuple[int, ...], width: int, layer: Callable[[int, int], Layer], *, is_top: bool) -> Rung:
    seen = width if is_top else 2 * width
    return Rung(
        shape,
        prior=None if is_top else nn.Sequential(nn.ReLU(), layer(width, 2 * shape[0])),
        residual=nn.Sequential(nn.LeakyReLU(SLOPE), layer(seen, 2 * shape[0])),
        merge=layer(shape[0], width),
        mix=_block(width, layer),
    )


def _block(width: int, layer: Callable[[int, int], Layer]) -> nn.Module:
    return nn.Sequential(nn.ReLU(), layer(width, width))


def _dense(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LeakyReLU(SLOPE))
