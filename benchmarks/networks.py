"""The networks that peers ship, and rows to train them on: the same weights and the same rows on every side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

BATCH = 128
SEED = 7


class Pair(NamedTuple):
    """Both networks of a model: encoder and decoder, or generator and discriminator."""

    first: nn.Module
    second: nn.Module
    latent: int
    shape: tuple[int, ...]  # of a row


def perceptron_coder() -> Pair:
    """784-400-20-400-784, as in pytorch/examples; the decoder's output is logits."""
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 40))
    decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784), nn.Unflatten(1, (1, 28, 28)))
    return Pair(encoder, decoder, 20, (1, 28, 28))


def convolutional_coder() -> Pair:
    """Two strided convolutions of 32 and 64 channels each way."""
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(3136, 40)
    )
    decoder = nn.Sequential(
        nn.Linear(20, 3136), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1),
    )  # fmt: skip
    return Pair(encoder, decoder, 20, (1, 28, 28))


def perceptron_rivals() -> Pair:
    """The networks of PyTorch-GAN's first example; pixels in [-1, 1], and logits."""
    widths = [(100, 128), (128, 256), (256, 512), (512, 1024)]
    hidden = [_hidden(*each, is_normalised=each[0] > 100) for each in widths]
    generator = nn.Sequential(*hidden, nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)
    )
    return Pair(generator, discriminator, 100, (1, 28, 28))


def convolutional_rivals(width: int = 64) -> Pair:
    """DCGAN's networks for 32x32 pixels in [-1, 1], as in pytorch/examples less their outermost layer; logits."""
    generator = nn.Sequential(
        nn.Unflatten(1, (100, 1, 1)), *_up(100, 4 * width, 1, 0), *_up(4 * width, 2 * width, 2, 1),
        *_up(2 * width, width, 2, 1), nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), *_down(width, 2 * width),
        *_down(2 * width, 4 * width), nn.Conv2d(4 * width, 1, 4, 1, 0, bias=False), nn.Flatten(),
    )  # fmt: skip
    return Pair(generator, discriminator, 100, (3, 32, 32))


ALL = {each.__name__: each for each in (perceptron_coder, convolutional_coder, perceptron_rivals, convolutional_rivals)}


def make(name: str) -> Pair:
    """Return a pair by name, always of the same weights; no generator is disturbed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return ALL[name]()


def rows(shape: tuple[int, ...], count: int = 20_000) -> np.ndarray:
    """Return uint8 pixels [count, *shape], four in five of them black."""
    rng = np.random.default_rng(SEED)
    pixels = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    return pixels * (rng.random(pixels.shape, dtype=np.float32) < 0.2)


def first_batch(pair: Pair) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pixels in [0, 1] and noise for which all sides must compute the same losses."""
    noise = torch.randn(BATCH, pair.latent, generator=torch.Generator().manual_seed(SEED))
    return torch.from_numpy(rows(pair.shape, BATCH)) / 255, noise


def _hidden(inputs: int, outputs: int, *, is_normalised: bool) -> nn.Sequential:
    middle = [nn.BatchNorm1d(outputs, 0.8)] if is_normalised else []
    return nn.Sequential(nn.Linear(inputs, outputs), *middle, nn.LeakyReLU(0.2))


def _up(inputs: int, outputs: int, stride: int, padding: int) -> list[nn.Module]:
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def _down(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
