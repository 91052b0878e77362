"""One adapter for every density of zuko: what differs between two of them is how the library makes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from genbench import Likelihood, Task, hookimpl
from genbench_zuko.spaces import LEVELS, Space

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

ZUKO = """@software{rozet2022zuko,
  title = {Zuko: Normalizing Flows in PyTorch},
  author = {Rozet, Fran{\\c{c}}ois and others},
  year = {2022},
}"""
CLIP = 10.0  # longest gradient; a flow's likelihood has cliffs


class Shared(BaseModel):
    """What can be set of every density."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(1e-3, gt=0, le=1, description="of Adam, as in the library's tutorials")
    jitter: float = Field(0.2, gt=0, le=1, description="width of the noise on one-hot columns while training")
    batch_size: int = Field(128, ge=1, description="rows of a hand-out")


class Layered(Shared):
    """What can be set of a flow."""

    transforms: int = Field(3, ge=1, le=32, description="transforms one after the other")
    width: int = Field(64, ge=1, le=4096, description="hidden units of a network")
    depth: int = Field(2, ge=1, le=8, description="hidden layers of a network")

    @property
    def hidden(self) -> tuple[int, ...]:
        """The library's name for width and depth."""
        return (self.width,) * self.depth


class Density(nn.Module):
    """A density of zuko's and the space that it lives in."""

    def __init__(self, density: nn.Module, space: Space, options: Shared) -> None:
        super().__init__()
        self.density = density
        self.space, self.options = space, options

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p [n] of x [n, *shape], with its noise where it needs some."""
        y, slope = self.space.to_reals(self.space.spread(x) if self._is_spread else x.flatten(1))
        found: Tensor = self.density().log_prob(y)
        return found + slope

    @property
    def _is_spread(self) -> bool:
        return self.training or self.space.is_discrete


@dataclass(frozen=True, eq=False)
class Adapter:
    """A density of zuko's as a plugin: its marked methods are the hooks.

    Args:
        make: returns the library's density for (dimensions, options).
        paper: whose idea it is.
        bibtex: of that paper.
        Options: what can be set.
        can_images: whether it can take as many dimensions as an image has.
    """

    make: Callable[[int, Any], nn.Module]
    paper: str
    bibtex: str
    Options: type[Shared]
    can_images: bool = True

    @hookimpl
    def build(self, task: Task, options: Shared) -> Density:
        """Make the untrained density."""
        space = Space(task, options.jitter)
        return Density(self.make(space.dimensions, options), space, options).to(task.device)

    @hookimpl
    def train(self, model: Density, batches: Batches) -> None:
        """Maximise the likelihood, one step of Adam a hand-out."""
        adam = torch.optim.Adam(model.parameters(), lr=model.options.learning_rate)
        batches.keep(adam=adam)
        for x in batches:
            loss = -model.log_prob(x).mean()
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            adam.step()
            batches.log(loss=loss)

    @hookimpl
    def sample(self, model: Density, count: int) -> Tensor:
        """Draw from the density."""
        return model.space.to_examples(model.density().sample((count,)))

    @hookimpl
    def log_likelihood(self, model: Density, x: Tensor) -> Likelihood:
        """Return the exact log-density; of bytes a bound, from one draw of the noise that dequantises them."""
        with torch.enable_grad():  # a continuous flow takes derivatives to know its density
            values = model.log_prob(x).detach()
        if not model.space.is_discrete:
            return Likelihood(values=values, bound="exact", measure="density")
        return Likelihood(values=values - model.space.dimensions * math.log(LEVELS), bound="elbo", measure="pmf256")

    @hookimpl
    def options(self) -> type[Shared]:
        """Return what can be set."""
        return self.Options

    @hookimpl
    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of task."""
        return ("image", "points") if self.can_images else ("points",)

    @hookimpl
    def card(self) -> dict[str, Any]:
        """Return who is to be cited, and what a sample is."""
        return {
            "paper": self.paper,
            "bibtex": f"{self.bibtex}\n\n{ZUKO}",
            "sampling": "a draw from the density; of images the byte whose cell it falls into",
            "library": f"zuko {metadata.version('zuko')}",
            "licence": "MIT",
        }
