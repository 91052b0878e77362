"""Both sides of `benchmarks.noninferior` for `vq_vae`, judged by what they make of held-out rows.

Pythae's model has no prior of its own, and any prior fitted afterwards would be a second model whose noise hides the
first: so reconstructions are compared, by their distance and by their squared error. The commitment weighs the same:
our loss is the error over the variance of x, averaged over pixels; pythae's is summed over them.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.equal import FEW, ROWS, SAMPLES, SEED, START, leave, load, save, steps
from benchmarks.surroundings import ROOT

if TYPE_CHECKING:
    from torch import Tensor

    from benchmarks.pacing import Pacer

AT_ONCE = 500
HELD_OUT = "held_out.npy"


def train(pacer: Pacer, **asked: Any) -> None:
    """Train ours; lay out rows and first weights for the other side before."""
    from benchmarks.coders import rows_of, timed_of

    folder = Path(asked["folder"])
    timed, rows = timed_of(asked, folder), rows_of(asked["data"], "train")
    model = timed.build()
    save(folder / START, model.state_dict())
    np.save(folder / ROWS, rows)
    np.save(folder / HELD_OUT, rows_of(asked["data"], "held_out")[: asked["samples"]])
    told = _checked(model, rows)
    begun = time.process_time()
    timed.train(steps(asked, len(rows)))
    cpu = time.process_time() - begun
    leave(folder / "ours", {}, _each(folder, lambda x: model.decoder.mean(model.placed(model.codes(x))), model))
    pacer.ready(losses=told, cpu=cpu, examples=steps(asked, len(rows)) * asked["batch"])


def train_pythae(pacer: Pacer, **asked: Any) -> None:
    """Train pythae's on our networks by pythae's trainer."""
    from benchmarks.coders_of_pythae import fitted

    torch.set_num_threads(1)
    folder = Path(asked["folder"])
    rows = np.load(folder / ROWS)
    model = _pythae(asked, load(folder / START), rows)
    told = _checked_pythae(model, rows)
    begun = time.process_time()
    model = fitted(model, rows, asked)
    cpu = time.process_time() - begun
    leave(folder / "theirs", {}, _each(folder, lambda x: model({"data": x}).recon_x, model))
    pacer.ready(losses=told, cpu=cpu, examples=asked["epochs"] * len(rows))


def judge(pacer: Pacer, **asked: Any) -> None:
    """Tell the distance and the squared error of either side's reconstructions."""
    from benchmarks.coders import distance

    folder = Path(asked["folder"])
    rows = np.load(folder / HELD_OUT).astype(np.float64) / 255
    found = {}
    for side in asked["sides"]:
        made = np.load(folder / side / SAMPLES)
        errors = np.square(made - rows).reshape(len(rows), -1).sum(axis=1)
        found[side] = {"distance": distance(asked["data"], made), "error": float(errors.mean())}
    pacer.ready(**found)


def _pythae(asked: dict[str, Any], start: dict[str, Tensor], rows: np.ndarray) -> Any:
    from pythae.models import VQVAE, VQVAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    options = asked["options"]
    encoder, decoder = _networks(options)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            BaseEncoder.__init__(self)
            self.network = encoder

        def forward(self, x: Tensor) -> ModelOutput:
            return ModelOutput(embedding=self.network(x))

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            BaseDecoder.__init__(self)
            self.network = decoder

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=torch.sigmoid(self.network(z)))

    weight = options["commitment"] * math.prod(rows.shape[1:]) * float((rows / np.float32(255)).var())
    settings = VQVAEConfig(
        input_dim=rows.shape[1:], latent_dim=options["size"], num_embeddings=options["codes"], use_ema=True,
        decay=options["decay"], commitment_loss_factor=weight,
    )  # fmt: skip
    model = VQVAE(settings, encoder=Encoder(), decoder=Decoder())
    model.encoder.network.load_state_dict(_part(start, "encoder."))
    model.decoder.network.load_state_dict(_part(start, "decoder.network.0."))
    return model


def _networks(options: dict[str, Any]) -> tuple[Any, Any]:
    sys.path.append(str(ROOT / "plugins"))
    from genbench.backbones import grids

    task: Any = SimpleNamespace(shape=(1, 28, 28), kind="image")
    size, width = options["size"], options["width"]
    return grids.encoder(task, outputs=size, width=width), grids.decoder(task, inputs=size, width=width)


def _part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): each for name, each in state.items() if name.startswith(prefix)}


def _checked(model: Any, rows: np.ndarray) -> list[float]:
    """Return the squared error summed over pixels, by networks that are not yet trained and a codebook of noise."""
    before = model.codebook.entries.clone()
    model.codebook.entries.data.copy_(_entries(before))
    with torch.no_grad():
        x = _few(rows)
        made = model.eval().decoder.mean(model.placed(model.codes(x)))
    model.train().codebook.entries.data.copy_(before)
    return [(made - x).square().flatten(1).sum(1).mean().item()]


def _checked_pythae(model: Any, rows: np.ndarray) -> list[float]:
    """Return the same by pythae's own loss."""
    before = model.quantizer.embeddings.clone()
    model.quantizer.embeddings.copy_(_entries(before))
    with torch.no_grad():
        found = model.eval()({"data": _few(rows)}).recon_loss.item()
    model.train().quantizer.embeddings.copy_(before)
    return [found]


def _few(rows: np.ndarray) -> Tensor:
    return torch.from_numpy(rows[:FEW]).float() / 255


def _entries(like: Tensor) -> Tensor:
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(SEED))


def _each(folder: Path, made: Any, model: Any) -> Tensor:
    """Return what a trained model makes of the held-out rows."""
    rows = torch.from_numpy(np.load(folder / HELD_OUT)).float() / 255
    model.eval()
    with torch.no_grad():
        return torch.cat([made(x) for x in rows.split(AT_ONCE)])
