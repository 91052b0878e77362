"""How every model of this family trains: up a bound on the likelihood, by the same step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from genbench import graphed
from genbench.steps import adam, compiled, descend

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from torch.optim import Optimizer

    from genbench.batches import Batches
    from genbench_vae.vae import Vae

    Bound = Callable[[Vae, Tensor, Tensor], Tensor]  # of rows and noise


def maximise(bound: Bound, model: Vae, batches: Batches) -> None:
    """Maximise `bound(model, x, noise)` [n], averaged over the batch, to the end of the budget."""
    optimiser = adam(model.parameters(), model.task, lr=model.options.lr)
    batches.keep(optimiser=optimiser)
    step = graphed(partial(_step, compiled(bound, model.task), model, optimiser), model, optimiser)
    for x in batches:
        batches.log(**step(x))


def _step(bound: Bound, model: Vae, optimiser: Optimizer, x: Tensor) -> dict[str, Tensor]:
    """Do all of one step; return what is to be logged."""
    with model.autocast():
        loss = -bound(model, x, model.noise(len(x))).mean()
    descend(optimiser, loss)
    return {"loss": loss}
