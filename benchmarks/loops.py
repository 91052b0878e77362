"""Peers that are no packages, their training loops restated from their structure: pictures are decoded one by one.

After pytorch/examples `vae/main.py` and `dcgan/main.py` (BSD-3) and PyTorch-GAN `gan.py` (MIT): a DataLoader over
torchvision's transforms, the default Adam, losses read at every step. torchvision needs a CUDA build of torch, so that
its ToTensor is restated too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy
from torch.utils.data import DataLoader, Dataset

from benchmarks import networks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.pacing import Pacer


class Pictures(Dataset):
    """What torchvision's MNIST and CIFAR10 with ToTensor, and with Normalize where asked for, do with a row."""

    def __init__(self, shape: tuple[int, ...], *, is_centred: bool) -> None:
        self._rows = np.ascontiguousarray(networks.rows(shape).transpose(0, 2, 3, 1))
        self._is_centred = is_centred

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        row = self._rows[index]
        picture = Image.fromarray(row[:, :, 0] if row.shape[2] == 1 else row)
        pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        pixels = pixels.view(picture.size[1], picture.size[0], row.shape[2])
        x = pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        return (self._centred(x) if self._is_centred else x), 0

    @staticmethod
    def _centred(x: Tensor) -> Tensor:
        middle = torch.full((len(x), 1, 1), 0.5)
        return x.clone().sub_(middle).div_(middle)


class ExamplesVae(nn.Module):
    """The network of the example: two heads, and pixels rather than logits."""

    def __init__(self, pair: networks.Pair) -> None:
        super().__init__()
        _, self.fc1, _, heads = pair.first
        self.fc3, _, self.fc4, _ = pair.second
        self.fc21, self.fc22 = nn.Linear(400, 20), nn.Linear(400, 20)
        with torch.no_grad():
            for head, weight, bias in zip(
                (self.fc21, self.fc22), heads.weight.chunk(2), heads.bias.chunk(2), strict=True
            ):
                head.weight.copy_(weight)
                head.bias.copy_(bias)

    def forward(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the reconstruction, the mean and the log variance."""
        hidden = torch.relu(self.fc1(x.view(-1, 784)))
        mean, log_variance = self.fc21(hidden), self.fc22(hidden)
        deviation = torch.exp(0.5 * log_variance)
        z = mean + (torch.randn_like(deviation) if noise is None else noise) * deviation
        return torch.sigmoid(self.fc4(torch.relu(self.fc3(z)))), mean, log_variance


def _examples_loss(found: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
    pixels, mean, log_variance = found
    distortion = binary_cross_entropy(pixels, x.view(-1, 784), reduction="sum")
    return distortion - 0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())


def examples_vae(pacer: Pacer) -> None:
    """pytorch/examples, vae/main.py."""
    torch.set_num_threads(1)
    pair = networks.make("perceptron_coder")
    model = ExamplesVae(pair)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, noise = networks.first_batch(pair)
    with torch.no_grad():
        pacer.ready(losses=[_examples_loss(model(x, noise), x).item() / len(x)])
    total = 0.0
    for x in _loaded(pair, is_centred=False):
        pacer()
        optimiser.zero_grad()
        loss = _examples_loss(model(x), x)
        loss.backward()
        total += loss.item()
        optimiser.step()


def pytorch_gan(pacer: Pacer) -> None:
    """PyTorch-GAN's gan.py: the generator steps first, on the fakes that the discriminator is then shown."""
    torch.set_num_threads(1)
    pair = networks.make("perceptron_rivals")
    generator, discriminator = pair.first, nn.Sequential(pair.second, nn.Sigmoid())
    adam_g, adam_d = (
        torch.optim.Adam(each.parameters(), lr=2e-4, betas=(0.5, 0.999)) for each in (generator, discriminator)
    )
    told = nn.BCELoss()
    pacer.ready(losses=_losses(pair))
    for x in _loaded(pair, is_centred=True):
        pacer()
        valid, false = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        adam_g.zero_grad()
        fake = generator(torch.from_numpy(np.random.normal(0, 1, (len(x), 100)).astype(np.float32)))
        loss_g = told(discriminator(fake), valid)
        loss_g.backward()
        adam_g.step()
        adam_d.zero_grad()
        loss_d = (told(discriminator(x), valid) + told(discriminator(fake.detach()), false)) / 2
        loss_d.backward()
        adam_d.step()
        loss_d.item(), loss_g.item()  # printed


def examples_dcgan(pacer: Pacer) -> None:
    """pytorch/examples, dcgan/main.py: real rows, then fakes, then the generator on the same fakes."""
    torch.set_num_threads(1)
    pair = networks.make("convolutional_rivals")
    generator, discriminator = pair.first, nn.Sequential(pair.second, nn.Sigmoid())
    adam_d, adam_g = (
        torch.optim.Adam(each.parameters(), lr=2e-4, betas=(0.5, 0.999)) for each in (discriminator, generator)
    )
    told = nn.BCELoss()
    pacer.ready(losses=_losses(pair))
    for x in _loaded(pair, is_centred=True):
        pacer()
        discriminator.zero_grad()
        label = torch.full((len(x),), 1.0)
        output = discriminator(x).view(-1)
        loss_real = told(output, label)
        loss_real.backward()
        output.mean().item()
        fake = generator(torch.randn(len(x), 100, 1, 1).flatten(1))
        loss_fake = told(discriminator(fake.detach()).view(-1), label.fill_(0.0))
        loss_fake.backward()
        adam_d.step()
        generator.zero_grad()
        loss_g = told(discriminator(fake).view(-1), label.fill_(1.0))
        loss_g.backward()
        adam_g.step()
        (loss_real + loss_fake).item(), loss_g.item()  # printed


def _losses(pair: networks.Pair) -> list[float]:
    """Return the loops' objectives at given noise, by their own Sigmoid and BCELoss; the sum of both halves."""
    pixels, noise = networks.first_batch(pair)
    told = nn.BCELoss()
    with torch.no_grad():
        fake = pair.first(noise)
        real_told, fake_told = (torch.sigmoid(pair.second(each)) for each in (pixels * 2 - 1, fake))
        ones = torch.ones_like(real_told)
        return [(told(real_told, ones) + told(fake_told, 0 * ones)).item(), told(fake_told, ones).item()]


def _loaded(pair: networks.Pair, *, is_centred: bool) -> Iterator[Tensor]:
    loader = DataLoader(Pictures(pair.shape, is_centred=is_centred), networks.BATCH, shuffle=True)
    while True:
        yield from (x for x, _ in loader)
