"""How every model of this family trains: a discriminator and a generator in turns, by the same step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import graphed
from genbench.steps import adam, compiled, descend

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from genbench.batches import Batches
    from genbench_gan.gan import Gan

    Judge = Callable[[Gan, Tensor, Tensor], Tensor]  # the discriminator's loss on real rows and noise
    Fool = Callable[[Gan, Tensor], Tensor]  # the generator's loss on noise

BETAS = (0.5, 0.999)  # Radford, Metz and Chintala, 2016, arXiv 1511.06434, section 4


class Round:
    """One step of each network, and of the generator's running average.

    Args:
        judge: the discriminator's loss; no gradient of it reaches the generator.
        fool: the generator's.
        model: both networks.
    """

    def __init__(self, judge: Judge, fool: Fool, model: Gan) -> None:
        self._judge, self._fool = compiled(judge, model.task), compiled(fool, model.task)
        self._model = model
        self.adam_d, self.adam_g = (
            adam(network.parameters(), model.task, lr=model.options.lr, betas=BETAS)
            for network in (model.discriminator, model.generator)
        )
        self._follow = model.ema.following(model.generator)

    def __call__(self, real: Tensor) -> dict[str, Tensor]:
        """Do all of one step; return the losses."""
        model = self._model
        with model.autocast():
            loss_d = self._judge(model, real, model.noise(len(real)))
        descend(self.adam_d, loss_d)
        with model.autocast():
            loss_g = self._fool(model, model.noise(len(real)))
        descend(self.adam_g, loss_g, only_own=True)
        self._follow()
        return {"loss_discriminator": loss_d, "loss_generator": loss_g}


def play(judge: Judge, fool: Fool, model: Gan, batches: Batches) -> None:
    """Let the discriminator step on each hand-out, then the generator on noise alone, to the end of the budget."""
    turn = Round(judge, fool, model)
    batches.keep(adam_d=turn.adam_d, adam_g=turn.adam_g)
    step = graphed(turn, model, turn.adam_d, turn.adam_g)
    for real in batches:
        batches.log(**step(real))
