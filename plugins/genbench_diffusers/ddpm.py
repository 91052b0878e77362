"""Denoising diffusion probabilistic models (Ho, Jain and Abbeel, 2020, arXiv 2006.11239) from diffusers' parts.

The loop is that of the library's own tutorial on unconditional images: its UNet2DModel predicts the noise that its
DDPMScheduler has added, Adam minimises the squared error, its EMAModel averages the weights.
"""

from __future__ import annotations

import os
from importlib import metadata
from typing import TYPE_CHECKING, Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing here is ever fetched

import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from diffusers.training_utils import EMAModel
from diffusers.utils import logging
from pydantic import BaseModel, ConfigDict, Field
from torch import nn
from torch.nn import functional

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

logging.set_verbosity_error()

BIBTEX = """@inproceedings{ho2020denoising,
  title = {Denoising Diffusion Probabilistic Models},
  author = {Ho, Jonathan and Jain, Ajay and Abbeel, Pieter},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2020},
}

@misc{vonplaten2022diffusers,
  title = {Diffusers: State-of-the-Art Diffusion Models},
  author = {von Platen, Patrick and Patil, Suraj and Lozhkov, Anton and others},
  year = {2022},
}"""
SHORTEST = 8  # pixels a side of what the network sees, so that its coarsest map has 2


class Options(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: int = Field(16, ge=8, le=512, multiple_of=8, description="of the finest level; coarser ones have twice")
    levels: int = Field(2, ge=2, le=4, description="resolutions; the coarser ones have attention")
    blocks: int = Field(1, ge=1, le=4, description="residual blocks a level")
    timesteps: int = Field(
        1000, ge=10, le=4000, json_schema_extra={"tune": False}, description="of the process that adds noise"
    )
    sampler: str = Field("ddim", pattern="^(ddim|ddpm)$", description="how a sample is drawn; ddpm takes every step")
    steps: int = Field(20, ge=1, le=1000, json_schema_extra={"tune": False}, description="of a draw by ddim")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="of Adam")
    decay: float = Field(0.999, ge=0, lt=1, description="of the averaged weights, at most")
    batch_size: int = Field(128, ge=1, description="rows of a hand-out")


class Ddpm(nn.Module):
    """The network, its average, and what pads a task's images to sides that the network can halve."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.network = _unet(task, options)
        self.average = _unet(task, options).requires_grad_(False)
        self.average.load_state_dict(self.network.state_dict())
        self.noise = DDPMScheduler(num_train_timesteps=options.timesteps)

    def padded(self, x: Tensor) -> Tensor:
        """Return x [n, c, h, w] in [0, 1] as [n, c, H, W] in [-1, 1], black about it."""
        high, wide = _padding(self.task, self.options)
        return functional.pad(2 * x - 1, (wide // 2, wide - wide // 2, high // 2, high - high // 2), value=-1.0)

    def cropped(self, x: Tensor) -> Tensor:
        """Undo `padded`."""
        (high, wide), (_, rows, columns) = _padding(self.task, self.options), self.task.shape
        inner = x[:, :, high // 2 : high // 2 + rows, wide // 2 : wide // 2 + columns]
        return ((inner + 1) / 2).clamp(0, 1)

    def loss(self, x: Tensor) -> Tensor:
        """Return the squared error of the predicted noise (equation 14)."""
        clean = self.padded(x)
        noise = torch.randn_like(clean)
        times = torch.randint(self.options.timesteps, (len(x),), device=x.device)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.task.precision == "bf16"):
            predicted = self.network(self.noise.add_noise(clean, noise, times), times).sample
        return functional.mse_loss(predicted.float(), noise)


@hookimpl
def build(task: Task, options: Options) -> Ddpm:
    """Make the untrained network and its average."""
    return Ddpm(task, options).to(task.device)


@hookimpl
def train(model: Ddpm, batches: Batches) -> None:
    """Predict noise, one step of Adam and of the average a hand-out."""
    parameters = list(model.network.parameters())
    adam = torch.optim.Adam(parameters, lr=model.options.learning_rate)
    average = EMAModel(parameters, decay=model.options.decay, use_ema_warmup=True, inv_gamma=1.0, power=3 / 4)
    average.shadow_params = list(model.average.parameters())  # what the library averages is what is photographed
    batches.keep(adam=adam, count=Count(average))
    for x in batches:
        loss = model.loss(x)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
        average.step(parameters)
        batches.log(loss=loss)


@hookimpl
def sample(model: Ddpm, count: int, variant: str) -> Tensor:
    """Draw noise and take it away, by the averaged weights or the raw ones."""
    network = model.average if variant == "ema" else model.network
    options = model.options
    is_short = options.sampler == "ddim"
    scheduler = (DDIMScheduler if is_short else DDPMScheduler)(num_train_timesteps=options.timesteps)
    scheduler.set_timesteps(min(options.steps, options.timesteps) if is_short else options.timesteps)
    high, wide = _padding(model.task, options)
    channels, rows, columns = model.task.shape
    x = torch.randn(count, channels, rows + high, columns + wide, device=model.task.device)
    for time in scheduler.timesteps:
        x = scheduler.step(network(x, time).sample, time, x).prev_sample
    return model.cropped(x)


@hookimpl
def variants() -> tuple[str, ...]:
    """Return the averaged weights and those that Adam left."""
    return ("ema", "raw")


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Images alone: the network is one of pixels."""
    return ("image",)


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Denoising Diffusion Probabilistic Models, Jonathan Ho, Ajay Jain and Pieter Abbeel, NeurIPS 2020, "
        "arXiv 2006.11239",
        "bibtex": BIBTEX,
        "sampling": "DDIM, 20 steps unless an option says otherwise",
        "library": f"diffusers {metadata.version('diffusers')}",
        "licence": "Apache-2.0",
    }


class Count:
    """How often the library's average was updated, which its warm-up hangs on; its weights are in the model."""

    def __init__(self, average: EMAModel) -> None:
        self._average = average

    def state_dict(self) -> dict[str, int]:
        """Return the number of updates."""
        return {"updates": self._average.optimization_step}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from there."""
        self._average.optimization_step = state["updates"]


def _padding(task: Task, options: Options) -> tuple[int, int]:
    """Return the rows and columns that are missing to sides which the network can halve, and not too short."""
    unit = 2 ** (options.levels - 1)
    _, *sides = task.shape
    high, wide = (max(-(-side // unit) * unit, SHORTEST) - side for side in sides)
    return high, wide


def _unet(task: Task, options: Options) -> UNet2DModel:
    coarser = options.levels - 1
    (channels, rows, columns), (high, wide) = task.shape, _padding(task, options)
    return UNet2DModel(
        sample_size=(rows + high, columns + wide),
        in_channels=channels,
        out_channels=channels,
        layers_per_block=options.blocks,
        block_out_channels=(options.channels, *[2 * options.channels] * coarser),
        down_block_types=("DownBlock2D", *["AttnDownBlock2D"] * coarser),
        up_block_types=(*["AttnUpBlock2D"] * coarser, "UpBlock2D"),
        norm_num_groups=8,
    )
