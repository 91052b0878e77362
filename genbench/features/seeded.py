"""Feature space `random`: 512 features of a convolutional network that nobody trained, the same on every machine.

Waves are read as pictures of their log-mel levels: a recording played backwards is at the floor in `spectrum`, and not
here.

It knows no class and no photograph, and so is no worse on data that those know nothing of: M. F. Naeem, S. J. Oh,
Y. Uh, Y. Choi, J. Yoo, 2020, arXiv 2002.09797, section 4.3. Weights are uniform with the variance of K. He, X. Zhang,
S. Ren, J. Sun, 2015, arXiv 1502.01852, equation 15, made of integers that numpy promises for ever.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.streams import integers
from genbench.errors import UsageError
from genbench.features import logmel
from genbench.features.classifier import as_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.hookspecs import Kind
    from genbench.refs import DataRef

SEED = 0
CHANNELS = (32, 64, 128, 512)  # after each convolution; the last are averaged over the image
LEAK = 0.2  # slope of the rectifier below zero
LARGEST_SIDE = 64  # larger images are averaged down to it first
BATCH = 256
RECIPE = (
    f"random: 3x3 convolutions to {CHANNELS}, max-pooled between, rectifiers of leak {LEAK}, uniform weights of seed "
    f"{SEED}, images in [-1, 1] of at most {LARGEST_SIDE} pixels a side, averaged, float32, batches of {BATCH}"
)


@dataclass(frozen=True, slots=True)
class Random:
    """Averages of the last convolution, float32 [n, 512]; torch is imported when it is called."""

    weights: tuple[NDArray[np.float32], ...]
    hash: str
    device: str = "cpu"
    kind: Kind = "image"
    dimension: int = CHANNELS[-1]
    name: str = "random"

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the features of images uint8 [n, c, h, w] or waves float32 [n, c, t]."""
        import torch

        from genbench.features import batched, seeded_network

        weights = [torch.from_numpy(array).to(self.device) for array in self.weights]
        return batched.extract(
            lambda images: seeded_network.features(weights, images),
            as_images(self.kind, rows),
            width=self.dimension,
            batch=BATCH,
            device=self.device,
        )


def check(data: DataRef) -> None:
    """Refuse what is neither image nor wave."""
    if data.kind not in ("image", "wave"):
        raise UsageError(
            f"--features random: got {data.kind} data '{data.name}', expected images or waves; omit --features"
        )


def extractor(data: DataRef, device: str) -> Random:
    """Return the extractor for images of any size or waves, with weights drawn for their number of channels."""
    check(data)
    weights = drawn(data.shape[0])
    total = hashlib.sha256(RECIPE.encode())
    for array in weights:
        total.update(f"\n{list(array.shape)} ".encode() + array.astype("<f4").tobytes())
    if data.kind == "wave":
        total.update(f"\n{logmel.RECIPE}".encode())
    return Random(weights, total.hexdigest(), device, kind=data.kind)


def drawn(channels: int) -> tuple[NDArray[np.float32], ...]:
    """Return the kernels [out, in, 3, 3], float32, for images of so many channels, bit for bit the same everywhere."""
    inputs = (channels, *CHANNELS[:-1])
    return tuple(
        _kernel(layer, (out, into, 3, 3)) for layer, (out, into) in enumerate(zip(CHANNELS, inputs, strict=True))
    )


def _kernel(layer: int, shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Return uniform numbers of deviation sqrt(2 / ((1 + leak^2) fan-in)), of 24 random bits each: exact in float32."""
    fan_in = math.prod(shape[1:])
    bound = np.float32(math.sqrt(6 / ((1 + LEAK**2) * fan_in)))
    bits = (integers((SEED, layer, shape[1]), math.prod(shape)) >> np.uint64(40)).astype(np.float32)
    return ((bits - np.float32(2**23 - 0.5)) * np.float32(2**-23) * bound).reshape(shape)
