"""The other side of `benchmarks.noninferior`: pythae's models on our networks, by pythae's trainer and sampler.

C. Chadebec, L. Vincent, S. Allassonniere, Pythae, 2022, arXiv 2206.08309.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.equal import ROWS, START, few, leave, lengths, load
from benchmarks.surroundings import ROOT

if TYPE_CHECKING:
    from torch import Tensor

    from benchmarks.pacing import Pacer

NAMES = {"vae": "VAE", "iwae": "IWAE", "beta_vae": "BetaVAE"}
OPTIONS = {"k": "number_samples", "beta": "beta"}  # what pythae calls ours


def train(pacer: Pacer, **asked: Any) -> None:
    """Train; rows and first weights are those that our side left."""
    from pythae.samplers import NormalSampler

    torch.set_num_threads(1)
    folder = Path(asked["folder"])
    rows = np.load(folder / ROWS)
    model = _model(asked, load(folder / START))
    told = _checked(model, asked, rows)
    begun = time.process_time()
    model = fitted(model, rows, asked)
    cpu = time.process_time() - begun
    with torch.no_grad():
        samples = NormalSampler(model).sample(asked["samples"])
    state = {name.replace("encoder.network.", "encoder."): each for name, each in model.state_dict().items()}
    leave(folder / "theirs", state, samples)
    plain = _checked(model, asked, rows)[0]
    pacer.ready(losses=told, plain=plain, cpu=cpu, examples=asked["epochs"] * len(rows))


def fitted(model: Any, rows: np.ndarray, asked: dict[str, Any]) -> Any:
    """Return the model as pythae's trainer left it after the last epoch."""
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    settings = BaseTrainerConfig(
        output_dir=str(Path(asked["folder"]) / "pythae"), num_epochs=asked["epochs"], seed=asked["seed"], no_cuda=True,
        learning_rate=asked["options"]["lr"], per_device_train_batch_size=asked["batch"],
    )  # fmt: skip
    data = BaseDataset(torch.from_numpy(rows).float() / 255, torch.zeros(len(rows)))
    trainer = BaseTrainer(model, data, training_config=settings)
    trainer.train()
    return trainer.model.eval()


def _model(asked: dict[str, Any], start: dict[str, Tensor]) -> Any:
    """Return pythae's model, its networks the papers' at the first weights that ours had."""
    from pythae import models
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    encoder, decoder, latent, shape = _networks()

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            BaseEncoder.__init__(self)
            self.network = encoder

        def forward(self, x: Tensor) -> ModelOutput:
            mean, log_variance = self.network(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            BaseDecoder.__init__(self)
            self.network = decoder

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=torch.sigmoid(self.network(z)))

    name = NAMES[asked["model"]]
    own = {OPTIONS[key]: value for key, value in asked["options"].items() if key in OPTIONS}
    settings = getattr(models, f"{name}Config")(input_dim=shape, latent_dim=latent, reconstruction_loss="bce", **own)
    model = getattr(models, name)(settings, encoder=Encoder(), decoder=Decoder())
    model.load_state_dict({name.replace("encoder.", "encoder.network."): each for name, each in start.items()})
    return model


def _networks() -> tuple[Any, Any, int, tuple[int, ...]]:
    """Return the papers' networks: all of genbench that the peers' interpreter needs."""
    sys.path.append(str(ROOT / "plugins"))
    from genbench_vae import canonical

    task: Any = SimpleNamespace(shape=(1, 28, 28))
    latent = canonical.LATENT
    return canonical.encoder(task, outputs=2 * latent), canonical.decoder(task, inputs=latent), latent, task.shape


def _checked(model: Any, asked: dict[str, Any], rows: np.ndarray) -> list[float]:
    """Return what our side does, by pythae's own loss: distortion plus rate, and the lengths of its gradients."""
    x, noise = few(rows, model.latent_dim, asked["options"].get("k", 1))
    encoded = model.encoder(x)
    mean, log_variance = encoded.embedding, encoded.log_covariance
    if asked["model"] == "iwae":  # all [n, k, latent]
        noise = noise.transpose(0, 1)
        mean, log_variance = (each[:, None].expand_as(noise) for each in (mean, log_variance))
        z = mean + torch.exp(0.5 * log_variance) * noise
        pixels = model.decoder(z.flatten(0, 1)).reconstruction.reshape(*z.shape[:2], -1)
    else:
        z = mean + torch.exp(0.5 * log_variance) * noise[0]
        pixels = model.decoder(z).reconstruction
    loss, distortion, rate = model.loss_function(pixels, x, mean, log_variance, z)
    loss.backward()
    return [(distortion + rate).item(), *lengths(model.encoder, model.decoder)]
