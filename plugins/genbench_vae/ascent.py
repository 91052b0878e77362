"""How every model of this family trains: up an objective, by the same step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from genbench import graphed
from genbench.steps import adam, compiled, descend
from genbench_vae.coder import Variational

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from torch.optim import Optimizer

    from genbench.batches import Batches

Model = TypeVar("Model", bound=Variational)


def maximise(
    objective: Callable[[Model, Tensor, Tensor], Tensor],
    model: Model,
    batches: Batches,
    *,
    samples: tuple[int, ...] = (),
) -> None:
    """Maximise `objective(model, x, noise)` [n], averaged over the batch, to the end of the budget.

    Args:
        objective: of rows and of standard normal noise [*samples, n, latent].
        model: its networks.
        batches: the budget.
        samples: how often the noise of every row is drawn; once, and without an axis for it, when empty.
    """
    optimiser = adam(model.parameters(), model.task, lr=model.options.lr)
    batches.keep(optimiser=optimiser)
    step = graphed(partial(_step, compiled(objective, model.task), model, optimiser, samples), model, optimiser)
    for x in batches:
        model.warm(batches.fraction)
        batches.log(**step(x))


def _step(
    objective: Callable[[Model, Tensor, Tensor], Tensor],
    model: Model,
    optimiser: Optimizer,
    samples: tuple[int, ...],
    x: Tensor,
) -> dict[str, Tensor]:
    """Do all of one step; return what is to be logged."""
    with model.autocast():
        loss = -objective(model, x, model.noise(*samples, len(x))).mean()
    descend(optimiser, loss)
    return {"loss": loss}
