"""Feature space `inception`: the 2048 averages of the Inception network by which Frechet distances are published.

Images are resized without aliasing (G. Parmar, R. Zhang, J.-Y. Zhu, 2022, arXiv 2104.11222), so that values differ a
little from those of papers; `inception_tf` is the space that compares with papers. The weights are the user's file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from genbench.features import given, photographs

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from genbench.features.given import State
    from genbench.refs import DataRef

Resize = Literal["antialiased", "as_tensorflow"]  # a function in resize.py

BATCH = 32  # its first layers hold 90 MB of an image's batch of 32 in float32
RECIPE = f"Inception v3 of 2015-12-05, pool3, (grey - 128) / 128 at 299 x 299, float32, batches of {BATCH}, resized "
WANTED = given.Wanted(
    features="inception",
    network="the Inception v3 of 2015-12-05 (1008 logits; not torchvision's, which has 1000)",
    files=("pt_inception-2015-12-05-6726825d.pth", "weights-inception-2015-12-05-6726825d.pth"),
    prefix="6726825d",
)


@dataclass(frozen=True, slots=True)
class Inception:
    """Averages of the last block, float32 [n, dimension]; `logits` are what an inception score is made of."""

    state: State
    hash: str
    dimension: int
    name: str
    resize: Resize
    device: str = "cpu"

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the features of images uint8 [n, 1 or 3, h, w]."""
        from genbench.features import batched, inception_network, resize

        weights = {name: array.to(self.device) for name, array in self.state.items()}
        smooth = getattr(resize, self.resize)
        return batched.extract(
            lambda images: inception_network.features(weights, images, smooth),
            rows,
            width=self.dimension,
            batch=BATCH,
            device=self.device,
        )

    def logits(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the class scores [n, 1008] of images, without bias, as inception scores are published."""
        return self.scores(self(rows))

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the class scores [n, 1008] of features [n, dimension], on the CPU."""
        import torch

        from genbench.features import inception_network

        return inception_network.logits(self.state, torch.from_numpy(features)).numpy()


def check(data: DataRef, weights: Path | None) -> None:
    """Refuse what is no grey or colour image, and a file that is not there."""
    photographs.check(data, "inception")
    WANTED.check(weights)


def extractor(data: DataRef, weights: Path | None, device: str) -> Inception:
    """Return the extractor.

    Raises:
        UsageError: the data or the file of weights will not do.
    """
    check(data, weights)
    return load(weights, device, name="inception", resize="antialiased")


def load(weights: Path | None, device: str, *, name: str, resize: Resize) -> Inception:
    """Return the network of a file with one way of resizing.

    Raises:
        UsageError: the file of weights is missing or holds something else.
    """
    from genbench.features.inception_layout import base_of, shapes

    path = WANTED.check(weights)
    found = {key: array for key, array in WANTED.read(path).items() if not key.endswith("num_batches_tracked")}
    wanted = shapes(base_of({key: tuple(array.shape) for key, array in found.items()}))
    state = WANTED.fitted(path, found, wanted)
    return Inception(state, given.digest(RECIPE + resize, state), wanted["fc.weight"][1], name, resize, device)
