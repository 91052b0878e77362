"""WaveNet (van den Oord et al., 2016, arXiv 1609.03499): sequences value by value, each a softmax given those before.

Images are read in raster order, the channels of a pixel one after the other, and the network is told the place.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench import Likelihood, Task, graphed, hookimpl
from genbench.backbones.causal import CausalNetwork, CausalSize
from genbench.steps import adam, autocast, compiled, descend, laid_out
from genbench_autoregressive.levels import levels_of

if TYPE_CHECKING:
    from genbench.batches import Batches
    from genbench.hookspecs import Kind

BIBTEX = """@article{oord2016wavenet,
  title = {{WaveNet}: A Generative Model for Raw Audio},
  author = {van den Oord, A{\\"a}ron and Dieleman, Sander and Zen, Heiga and Simonyan, Karen and Vinyals, Oriol
            and Graves, Alex and Kalchbrenner, Nal and Senior, Andrew and Kavukcuoglu, Koray},
  journal = {arXiv preprint arXiv:1609.03499},
  year = {2016},
}"""
SHORT = 256  # values up to which a step is on whole sequences
STRETCH = 128  # of longer ones
LOGITS_AT_ONCE = 2**23  # by `log_likelihood`, to bound its memory


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: int | None = Field(
        None, ge=1, le=512, json_schema_extra={"tune": False}, description="of the residual; by shape when not given"
    )
    skip: int | None = Field(
        None,
        ge=1,
        le=1024,
        json_schema_extra={"tune": False},
        description="channels of the skip; by shape when not given",
    )
    layers: int | None = Field(
        None, ge=1, le=12, json_schema_extra={"tune": False}, description="of a round, dilations 1, 2, 4...; by shape"
    )
    rounds: int | None = Field(
        None, ge=1, le=8, json_schema_extra={"tune": False}, description="of dilations; by shape when not given"
    )
    levels: int | None = Field(
        None,
        ge=2,
        le=256,
        json_schema_extra={"tune": False},
        description="of pixels (256: bytes) or of the mu law (64)",
    )
    stretch: int | None = Field(
        None, ge=1, le=65536, json_schema_extra={"tune": False}, description="values of each row in a step; by shape"
    )
    lr: float = Field(
        2e-3,
        ge=1e-5,
        le=1e-1,
        json_schema_extra={"tune": {"low": 1e-4, "high": 1e-2}},
        description="Adam's learning rate",
    )


class WaveNet(nn.Module):
    """A causal network over the levels of a task's examples."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.levels = levels_of(task, options.levels)
        self.size = size_of(task, self.levels.length, options)
        self.stretch = min(options.stretch or (STRETCH if self.levels.length > SHORT else SHORT), self.levels.length)
        self.network = CausalNetwork(
            self.levels.count, self.levels.length, self.size,
            is_placed=task.kind == "image", is_ordinal=task.kind != "tokens",
        )  # fmt: skip
        self.sampling = "draw, value by value"


def size_of(task: Task, length: int, options: Options) -> CausalSize:
    """Return the size for sequences of `length`, as measured at some thousands of steps."""
    channels = 32 if task.kind == "tokens" else 24  # 48 learn 997 digits by heart in 300 steps
    default = CausalSize(channels, 2 * channels, min(7, max(1, (length - 1).bit_length())))
    chosen = {name: value for name in CausalSize._fields if (value := getattr(options, name)) is not None}
    return default._replace(**chosen)


def objective(model: WaveNet, values: Tensor, stretches: Tensor) -> Tensor:
    """Return -log p(x) [n] (equation 1), estimated from one stretch of each row where a row is long."""
    if model.stretch == model.levels.length:
        return -model.network.log_prob(values)
    return -model.network.log_prob_of_stretches(values, model.stretch, stretches)


@hookimpl
def build(task: Task, options: Options) -> WaveNet:
    """Make the untrained model."""
    return laid_out(WaveNet(task, options), task)


@hookimpl
def train(model: WaveNet, batches: Batches) -> None:
    """Maximise the log-likelihood, averaged over the batch, in nats a value."""
    optimiser = adam(model.parameters(), model.task, lr=model.options.lr)
    batches.keep(optimiser=optimiser)
    step = graphed(partial(_step, compiled(objective, model.task), model, optimiser), model, optimiser)
    for x in batches:
        batches.log(**step(x))


def _step(objective: Any, model: WaveNet, optimiser: torch.optim.Adam, x: Tensor) -> dict[str, Tensor]:
    stretches = torch.randint(-(-model.levels.length // model.stretch), (len(x),), device=x.device)
    with autocast(model.task):
        loss = objective(model, model.levels.encode(x), stretches).mean() / model.levels.length
    descend(optimiser, loss)
    return {"loss": loss}


@hookimpl
def sample(model: WaveNet, count: int) -> Tensor:
    """Draw value by value."""
    with autocast(model.task):
        return model.levels.decode(model.network.draw(count))


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task; points have no levels."""
    return ("image", "wave", "tokens")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "WaveNet: A Generative Model for Raw Audio, Aaron van den Oord et al., 2016, arXiv 1609.03499",
        "bibtex": BIBTEX,
        "sampling": "a draw, value by value; images in raster order, waves by the centres of mu-law levels",
    }


@hookimpl
def log_likelihood(model: WaveNet, x: Tensor) -> Likelihood:
    """Return log p(x) exactly, of the levels: bytes as they are, the mu law's and fewer levels as the model makes them.

    Always in float32.
    """
    rows = max(1, LOGITS_AT_ONCE // (model.levels.length * model.levels.count))
    values = [model.network.log_prob(model.levels.encode(piece)) for piece in torch.split(x, rows)]
    return Likelihood(values=torch.cat(values), bound="exact", measure=model.levels.measure)
