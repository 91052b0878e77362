"""Peers that are packages and train by themselves: pythae's own trainer, from its own environment."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from benchmarks import networks

if TYPE_CHECKING:
    from benchmarks.pacing import Pacer

EPOCHS = 10**6  # whoever paces ends it


def pythae(pacer: Pacer, networks_: str) -> None:
    """Chadebec et al., Pythae, 2022, arXiv 2206.08309."""
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class Pacing(TrainingCallback):
        def on_train_step_end(self, training_config: Any, **others: Any) -> None:
            pacer()

    torch.set_num_threads(1)
    pair = networks.make(networks_)
    model = _vae(pair)
    pixels = torch.from_numpy(networks.rows(pair.shape)) / 255
    with tempfile.TemporaryDirectory() as folder:
        settings = BaseTrainerConfig(
            output_dir=folder, num_epochs=EPOCHS, learning_rate=1e-3, per_device_train_batch_size=networks.BATCH,
            no_cuda=True,
        )  # fmt: skip
        data = BaseDataset(pixels, torch.zeros(len(pixels)))
        trainer = BaseTrainer(model, data, training_config=settings, callbacks=[Pacing()])
        pacer.ready(losses=_losses(model, pair))
        trainer.train()


def _vae(pair: networks.Pair) -> Any:
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            BaseEncoder.__init__(self)
            self.network = pair.first

        def forward(self, x: Tensor) -> ModelOutput:
            mean, log_variance = self.network(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            BaseDecoder.__init__(self)
            self.network = pair.second

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=torch.sigmoid(self.network(z)))

    settings = VAEConfig(input_dim=pair.shape, latent_dim=pair.latent, reconstruction_loss="bce")
    return VAE(settings, encoder=Encoder(), decoder=Decoder())


def _losses(model: Any, pair: networks.Pair) -> list[float]:
    x, noise = networks.first_batch(pair)
    with torch.no_grad():
        encoded = model.encoder(x)
        z = encoded.embedding + torch.exp(0.5 * encoded.log_covariance) * noise
        pixels = model.decoder(z).reconstruction
        return [model.loss_function(pixels, x, encoded.embedding, encoded.log_covariance, z)[0].item()]
