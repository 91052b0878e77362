"""The hooks that models of this family have in common; a model's module takes those that hold for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.hookspecs import Kind
    from genbench_gan.players import Adversaries

SAMPLING = "the generator's output; raw: last weights, ema: their running average of decay 0.999"


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points", "wave")


@hookimpl
def variants() -> tuple[str, ...]:
    """Return the ways to sample: the generator's last weights, and their running average."""
    return ("raw", "ema")


@hookimpl
def sample(model: Adversaries, count: int, variant: str) -> Tensor:
    """Draw from the generator as it stands, or from its running average."""
    network = model.ema if variant == "ema" else model.generator
    with model.autocast():
        drawn: Tensor = network(model.noise(count))
    return drawn.float()
