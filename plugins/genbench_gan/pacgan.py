"""PacGAN: the discriminator judges several rows at once (Lin, Khetan, Fanti & Oh, 2018, arXiv 1712.04086)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.game import duel
from genbench_gan.gan import Gan
from genbench_gan.searched import KEPT
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{lin2018pacgan,
  title = {{PacGAN}: The Power of Two Samples in Generative Adversarial Networks},
  author = {Lin, Zinan and Khetan, Ashish and Fanti, Giulia and Oh, Sewoong},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2018},
}"""


class Options(gan.Options):
    """What can be set."""

    pack: int = Field(
        2,
        ge=1,
        le=16,
        json_schema_extra=KEPT,
        description="rows that are judged together, all real or all fake; 1: `gan`",
    )


class PackedGan(Gan):
    """A generator, and a discriminator of packs.

    Raises:
        ValueError: a batch does not fill one pack.
    """

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        if task.batch_size < options.pack:
            raise ValueError(
                f"pack={options.pack} is more than the {task.batch_size} rows of a batch: make packs smaller or "
                "batches larger"
            )
        super().__init__(task, options, pack=options.pack)

    def logits(self, x: Tensor) -> Tensor:
        """Return s of packs [n // pack, 1]: rows are augmented one by one, then packed."""
        return self._judged(packed(self.augmented(x), self.options.pack))

    def both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Return s of packs of real rows, and of packs of fakes: none is of both, whatever is left over."""
        packs = [packed(rows, self.options.pack) for rows in self.augmented(torch.cat([real, fake])).chunk(2)]
        of_real, of_fake = self._judged(torch.cat(packs)).chunk(2)
        return of_real, of_fake

    def _judged(self, packs: Tensor) -> Tensor:
        return self.discriminator(packs).float()  # type: ignore[no-any-return]


def packed(x: Tensor, pack: int) -> Tensor:
    """Stack each `pack` rows that follow one another along their first axis: [n // pack, pack * c, ...].

    Rows of a hand-out are in random order, so that which go together is random. The n % pack rows that fill no pack,
    the last ones, are left out.
    """
    whole = len(x) // pack * pack
    return x[:whole].reshape(whole // pack, pack * x.shape[1], *x.shape[2:])


@hookimpl
def build(task: Task, options: Options) -> PackedGan:
    """Make the untrained model."""
    return laid_out(PackedGan(task, options), task)


@hookimpl
def train(model: PackedGan, batches: Batches) -> None:
    """`gan`'s game, on packs."""
    duel(gan.discriminator_objective, gan.generator_objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "PacGAN: The power of two samples in generative adversarial networks, Zinan Lin, Ashish Khetan,"
        " Giulia Fanti, Sewoong Oh, NeurIPS 2018, arXiv 1712.04086",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }
