"""Laplacian pyramids of adversarial networks (Denton, Chintala, Szlam & Fergus, 2015, arXiv 1506.05751)."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from genbench import Task, hookimpl
from genbench.backbones.perceptrons import SLOPE
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.ema import RunningAverage
from genbench_gan.game import duel
from genbench_gan.players import Adversaries
from genbench_gan.searched import KEPT, learning_rate
from genbench_gan.shared import SAMPLING, sample, variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

SMALLEST, MOST = 4, 2  # pixels a side of the coarsest images, and levels above it
WIDTH = 32
BIBTEX = """@inproceedings{denton2015deep,
  title = {Deep Generative Image Models using a {Laplacian} Pyramid of Adversarial Networks},
  author = {Denton, Emily and Chintala, Soumith and Szlam, Arthur and Fergus, Rob},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2015},
}"""


class Options(gan.Options):
    """What can be set."""

    backbone: Literal["neutral", "canonical"] = Field(
        "neutral", json_schema_extra=KEPT, description="the levels' kernels: 3, 3, 3, or 7, 7, 5"
    )
    lr: float = learning_rate(5e-4)
    filters: int = Field(
        WIDTH, ge=1, le=512, json_schema_extra=KEPT, description="channels of the levels' convolutions"
    )


class Pyramid(nn.Module):
    """Draws the coarsest images, and adds to their enlargements what each level draws.

    Args:
        coarsest: maps z [n, latent] to images in [0, 1].
        levels: map an enlarged image and a plane of noise [n, c + 1, h, w] to a difference; the coarsest first.
        sizes: values of noise of each part, in the order of use.
    """

    def __init__(self, coarsest: nn.Module, levels: Sequence[nn.Module], sizes: Sequence[int]) -> None:
        super().__init__()
        self.coarsest, self.levels, self.sizes = coarsest, nn.ModuleList(levels), list(sizes)

    def forward(self, noise: Tensor) -> Tensor:
        """Map noise [n, sum of sizes] to images [n, c, h, w], cut to [0, 1] once they are whole."""
        first, *planes = torch.split(noise, self.sizes, dim=1)
        images: Tensor = self.coarsest(first)
        for place, plane in enumerate(planes):
            images = self.finer(place, up(images), plane)
        return images.clamp(0, 1)

    def finer(self, place: int, base: Tensor, plane: Tensor) -> Tensor:
        """Return enlarged images [n, c, h, w] and the difference that a level draws for them of noise [n, h * w]."""
        difference: Tensor = self.levels[place](torch.cat([base, plane.view(-1, 1, *base.shape[2:])], dim=1))
        return base + difference


class Lapgan(Adversaries):
    """A generator and a discriminator at each level, the coarsest first, that share nothing."""

    options: Options
    generator: Pyramid
    discriminator: nn.ModuleList  # type: ignore[assignment]

    def __init__(self, task: Task, options: Options) -> None:
        channels, coarsest, *finer = task.shape[0], *sides(task)
        neutral = options.model_copy(update={"backbone": "neutral"})
        super().__init__(replace(task, shape=(channels, *coarsest)), neutral)
        self.task, self.options = task, options
        kernels = (7, 7, 5) if options.backbone == "canonical" else (3, 3, 3)
        levels = [difference_network(channels, options.filters, kernels) for _ in finer]
        self.generator = Pyramid(self.generator, levels, [self.latent, *map(math.prod, finer)])
        judges = [level_discriminator((channels, *side), options.filters) for side in finer]
        self.discriminator = nn.ModuleList([self.discriminator, *judges])
        self.ema = RunningAverage(self.generator)

    def noise(self, count: int) -> Tensor:
        """Return standard normal noise of all levels [count, values]."""
        return torch.randn(count, sum(self.generator.sizes), device=self.task.device)

    def judged(self, images: Sequence[Tensor]) -> list[Tensor]:
        """Return each level's logits [n, 1] of its images, given the coarsest first."""
        return [judge(self.augmented(x)).float() for judge, x in zip(self.discriminator, images, strict=True)]


def sides(task: Task) -> list[tuple[int, ...]]:
    """Return the sides of the pyramid's images, the coarsest first: halved up to twice, to 4 pixels or more.

    Raises:
        ValueError: the images cannot be halved once.
    """
    found = [task.shape[1:]]
    while len(found) <= MOST and all(side % 2 == 0 and side // 2 >= SMALLEST for side in found[0]):
        found.insert(0, tuple(side // 2 for side in found[0]))
    if len(found) == 1:
        raise ValueError(
            f"lapgan halves images, got sides of {task.shape[1:]}: expected even ones of {2 * SMALLEST} up"
        )
    return found


def down(x: Tensor) -> Tensor:
    """Return images of half the sides: means of 2 x 2 pixels."""
    return functional.avg_pool2d(x, 2)


def up(x: Tensor) -> Tensor:
    """Return images of twice the sides: each pixel four times. In training and in sampling alike."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def pyramid(images: Tensor, count: int) -> list[Tensor]:
    """Return I_K, ..., I_0: the images and their `count - 1` reductions, the coarsest first."""
    found = [images]
    for _ in range(count - 1):
        found.insert(0, down(found[0]))
    return found


def drawn(model: Lapgan, images: Sequence[Tensor], noise: Tensor) -> list[Tensor]:
    """Return a fake of every level: at the coarsest of noise alone, at others u(I_{k+1}) + G_k(z_k, u(I_{k+1})).

    What is enlarged is real: so no level depends on another's generator (section 2.2).
    """
    first, *planes = torch.split(noise, model.generator.sizes, dim=1)
    bases = [up(coarser) for coarser in images[:-1]]
    finer = [model.generator.finer(place, *pair) for place, pair in enumerate(zip(bases, planes, strict=True))]
    return [model.generator.coarsest(first), *finer]


def discriminator_objective(model: Lapgan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell real images from fakes at each level, whole and not their differences alone; the levels' sum.

    No weight is in two of its terms, so that Adam moves each level as if it were alone.
    """
    images = pyramid(real, len(model.discriminator))
    with torch.no_grad():
        fakes = drawn(model, images, noise)
    of_real, of_fake = model.judged(images), model.judged(fakes)
    return torch.stack([gan.discriminator_loss(*pair) for pair in zip(of_real, of_fake, strict=True)]).sum()


def generator_objective(model: Lapgan, real: Tensor, noise: Tensor) -> Tensor:
    """Judge the fakes of each level; the levels' sum."""
    fakes = drawn(model, pyramid(real, len(model.discriminator)), noise)
    return torch.stack([gan.generator_loss(each, model.options.loss) for each in model.judged(fakes)]).sum()


def difference_network(channels: int, filters: int, kernels: Sequence[int]) -> nn.Sequential:
    """Map [n, channels + 1, h, w] to differences [n, channels, h, w] of any sign."""
    first, second, third = (partial(nn.Conv2d, kernel_size=each, padding=each // 2) for each in kernels)
    return nn.Sequential(
        first(channels + 1, filters), nn.ReLU(), second(filters, filters), nn.ReLU(), third(filters, channels)
    )


def level_discriminator(shape: tuple[int, ...], filters: int) -> nn.Sequential:
    """Map images [n, *shape] to [n, 1]."""
    channels, height, width = shape
    return nn.Sequential(
        nn.Conv2d(channels, filters, 5, padding=2), nn.LeakyReLU(SLOPE),
        nn.Conv2d(filters, filters, 5, stride=2, padding=2), nn.LeakyReLU(SLOPE),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(filters * math.ceil(height / 2) * math.ceil(width / 2), 1),
    )  # fmt: skip


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task: what has a pyramid."""
    return ("image",)


@hookimpl
def build(task: Task, options: Options) -> Lapgan:
    """Make the untrained model."""
    return laid_out(Lapgan(task, options), task)


@hookimpl
def train(model: Lapgan, batches: Batches) -> None:
    """Play the plain game at every level at once."""
    duel(discriminator_objective, generator_objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Deep Generative Image Models using a Laplacian Pyramid of Adversarial Networks, Emily Denton et al.,"
        " NIPS 2015, arXiv 1506.05751",
        "bibtex": BIBTEX,
        "sampling": SAMPLING + ", cut to [0, 1]",
    }
