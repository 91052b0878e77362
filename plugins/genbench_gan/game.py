"""How every model of this family trains: its players move in turns, by the same step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from torch.nn.utils import clip_grad_norm_

from genbench import graphed
from genbench.steps import adam, compiled, descend
from genbench_gan.players import Adversaries
from genbench_gan.schedules import Turns, follow_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor, nn
    from torch.optim import Optimizer

    from genbench.batches import Batches

Model = TypeVar("Model", bound=Adversaries)


@dataclass(frozen=True)
class Move(Generic[Model]):
    """One step of some of the networks down one loss.

    Args:
        name: of the curve, `loss_<name>`.
        loss: a scalar of the model, real rows, fresh noise [draws * n, latent] and labels if asked for, in float32.
        networks: whose weights move; gradients of other weights are neither computed nor kept.
        lr: learning rate.
        alone: `loss` passes through no other network that could get gradients, which saves looking.
        every: hand-outs from one such move to the next.
        then: what follows it, such as clipping.
        differentiates: `loss` takes gradients itself, which a compiled function cannot.
        optimiser: what steps, where another move's loss looks into it; else it is made as the options ask.
        longest: norm that the gradient of all weights together is cut down to, when it has more.
        draws: rows of noise to one of data; more than 1 for a loss that needs noise of several kinds.
    """

    name: str
    loss: Callable[..., Tensor]
    networks: tuple[nn.Module, ...]
    lr: float
    alone: bool = False
    every: int = 1
    then: Callable[[Model], None] | None = None
    differentiates: bool = False
    optimiser: Optimizer | None = None
    longest: float | None = None
    draws: int = 1


class Mover(Generic[Model]):
    """A move and its optimiser.

    Args:
        move: what is done.
        model: to which.
    """

    def __init__(self, move: Move[Model], model: Model) -> None:
        self.move, self._model = move, model
        self.optimiser = move.optimiser or make_optimiser(move.networks, model, lr=move.lr)
        if move.longest is not None:
            self.optimiser.register_step_pre_hook(partial(_shorten, move.longest))
        self._loss = move.loss if move.differentiates else compiled(move.loss, model.task)

    def __call__(self, real: Tensor, *labels: Tensor) -> Tensor:
        """Step once; return the loss."""
        with self._model.autocast():
            noise = self._model.noise(self.move.draws * len(real))
            loss = self._loss(self._model, real, noise, *labels)
        descend(self.optimiser, loss, only_own=not self.move.alone)
        if self.move.then is not None:
            self.move.then(self._model)
        return loss


def duel(
    judge: Callable[..., Tensor],
    fool: Callable[..., Tensor],
    model: Model,
    batches: Batches,
    **changes: Any,
) -> None:
    """Let the discriminator step down `judge` on each hand-out, then the generator down `fool`, to the budget's end.

    Args:
        judge: the discriminator's loss; no gradient of it may reach the generator.
        fool: the generator's.
        model: both.
        batches: the budget.
        changes: of the discriminator's `Move`.
    """
    play([judging(judge, model, **changes), fooling(fool, model)], model, batches)


def judging(loss: Callable[..., Tensor], model: Model, **changes: Any) -> Move[Model]:
    """Return the discriminator's move, on every hand-out."""
    rate = model.options.lr_discriminator or model.options.lr
    return replace(Move("discriminator", loss, (model.discriminator,), rate, alone=True), **changes)


def fooling(loss: Callable[..., Tensor], model: Model, **changes: Any) -> Move[Model]:
    """Return the generator's move, on every `critic_steps`-th hand-out."""
    options = model.options
    return replace(Move("generator", loss, (model.generator,), options.lr, every=options.critic_steps), **changes)


def play(moves: Sequence[Move[Model]], model: Model, batches: Batches, *, labelled: bool = False) -> None:
    """Make the moves that are due on each hand-out, in their order, to the end of the budget.

    The running average follows the generator whenever that has moved. Losses get labels [n] last where `labelled`.
    """
    movers = [Mover(move, model) for move in moves]
    turns = Turns()
    batches.keep(turns=turns, **{f"optimiser_{mover.move.name}": mover.optimiser for mover in movers})
    rounds: dict[tuple[int, ...], Callable[..., dict[str, Tensor]]] = {}
    for handed in batches.labelled() if labelled else ((real,) for real in batches):
        follow_schedule([mover.optimiser for mover in movers], model.options.schedule, batches.fraction)
        due = turns.due([mover.move.every for mover in movers])
        if due not in rounds:
            rounds[due] = _round([movers[place] for place in due], model)
        batches.log(**rounds[due](*handed))


def make_optimiser(networks: Sequence[nn.Module], model: Adversaries, *, lr: float) -> Optimizer:
    """Return the optimiser that the options ask for, of the networks' weights."""
    weights = [weight for network in networks for weight in network.parameters()]
    if model.options.optimiser == "rmsprop":
        # Of one tensor after another it would read the rate on the host, which no graph can.
        return torch.optim.RMSprop(weights, lr=lr, foreach=True, capturable=model.task.device.type == "cuda")
    return adam(weights, model.task, lr=lr, betas=(model.options.beta1, model.options.beta2))


def _shorten(longest: float, optimiser: Optimizer, *_: Any) -> None:
    """Cut the gradient of all weights together down to a norm."""
    clip_grad_norm_([weight for group in optimiser.param_groups for weight in group["params"]], longest)


def _round(movers: Sequence[Mover[Model]], model: Model) -> Callable[..., dict[str, Tensor]]:
    """Return what makes these moves on real rows, and labels, and returns the losses."""
    moved = {id(network) for mover in movers for network in mover.move.networks}
    follow = model.ema.following(model.generator) if id(model.generator) in moved else None
    return graphed(partial(_moved, movers, follow), model, *[mover.optimiser for mover in movers])


def _moved(movers: Sequence[Mover[Any]], follow: Callable[[], None] | None, *handed: Tensor) -> dict[str, Tensor]:
    losses = {f"loss_{mover.move.name}": mover(*handed) for mover in movers}
    if follow is not None:
        follow()
    return losses
