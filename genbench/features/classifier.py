"""Feature space `classifier`: the 64 features before the logits of a small network trained on the data's own labels.

Waves are read as pictures of their log-mel levels. Known data sets have their weights in this folder; for others they
are trained once per run and kept with it. Digits stacked as channels are read one by one by the network of single
digits: their features stand side by side, and a network of 1,000 classes is never trained.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError
from genbench.features import artefact, logmel
from genbench.features.raw import raw_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.features.artefact import Artefact
    from genbench.hookspecs import Kind
    from genbench.record import Prepared
    from genbench.refs import DataRef

WEIGHTS = Path(__file__).parent / "weights"
COMMITTED = {
    "digits": "digits",
    "mnist": "mnist",
    "mnist_binary": "mnist",  # one space for both: its network reads black and white as well as grey
    "fashion_mnist": "fashion_mnist",
    "cifar10": "cifar10",
    "spoken_digits": "spoken_digits",
    "stacked_mnist": "mnist",
}
STACKED = ("stacked_mnist",)  # every channel is an image of its own; the class of a row has a digit for each
SIDE_BY_SIDE = "the features of each channel on its own, side by side"


@dataclass(frozen=True, slots=True)
class Classifier:
    """Features after their rectifier (leak 0.1: none is dead), float32 [n, 64]; torch is imported when it is called."""

    weights: Artefact
    hash: str
    dimension: int
    kind: Kind
    name: str = "classifier"

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the features of images uint8 [n, c, h, w] or waves float32 [n, c, t], on the CPU."""
        from genbench.features import network

        return network.extract(self.weights.arrays, as_images(self.kind, rows))


@dataclass(frozen=True, slots=True)
class Stacked:
    """Features of every channel side by side, float32 [n, c * 64]."""

    inner: Classifier
    channels: int
    name: str = "classifier"

    @property
    def hash(self) -> str:
        """Return a hash of the network's and of what is done with its features."""
        return hashlib.sha256(f"{SIDE_BY_SIDE}\n{self.inner.hash}".encode()).hexdigest()

    @property
    def dimension(self) -> int:
        """Return the number of features."""
        return self.channels * self.inner.dimension

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the features of images uint8 [n, c, h, w], on the CPU."""
        return self.inner(self._single(rows)).reshape(len(rows), self.dimension)

    def classes(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return the class of each row [n]: the digits of its channels, the first one counting most."""
        from genbench.features import network

        scores = network.scores(self.inner.weights.arrays, self._single(rows))
        digits = scores.argmax(axis=1).reshape(len(rows), self.channels)
        return np.asarray(digits @ scores.shape[1] ** np.arange(self.channels)[::-1], dtype=np.int64)

    def _single(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows.reshape(len(rows) * self.channels, 1, *rows.shape[2:])


def as_images(kind: Kind, rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Return what the network sees, uint8 [n, c, h, w]."""
    return logmel.images(rows) if kind == "wave" else rows


def check(data: DataRef) -> None:
    """Refuse what has no labels to learn from."""
    if data.kind not in ("image", "wave") or not data.labelled or (data.classes or 0) < 2:
        labels = f"{data.classes} classes" if data.labelled else "no labels"
        raise UsageError(
            f"--features classifier: got {data.kind} data '{data.name}' with {labels}, expected labelled images or "
            f"waves of two classes or more; use --features {raw_space(data)}"
        )


def extractor(data: DataRef, folder: Path | None) -> Classifier | Stacked:
    """Return the extractor, by committed weights or by those that `ensure_classifier` left in `folder`.

    Raises:
        UsageError: the data set has no labels.
        ResultsError: the weights are missing or damaged; they are never trained here.
    """
    check(data)
    weights = artefact.read(_path(data, folder))
    made = Classifier(weights, _hash(weights, data.kind), weights.dimension, data.kind)
    return Stacked(made, data.shape[0]) if data.name in STACKED else made


def ensure_classifier(data: Prepared, folder: Path) -> Path:
    """Return the file with the classifier's weights, trained now and kept in `folder` where there is none yet.

    Raises:
        UsageError: the data set has no labels.
        ResultsError: the file is damaged.
    """
    check(data.ref)
    path = _path(data.ref, folder)
    if data.ref.name not in COMMITTED and not path.exists():
        from genbench.features.train import train

        artefact.write(train(data), path)
    artefact.read(path)
    return path


def _hash(weights: Artefact, kind: Kind) -> str:
    """Name the weights and, for waves, the picture that they read."""
    return hashlib.sha256(f"{logmel.RECIPE}\n{weights.hash}".encode()).hexdigest() if kind == "wave" else weights.hash


def _path(data: DataRef, folder: Path | None) -> Path:
    if data.name in COMMITTED:
        return WEIGHTS / f"{COMMITTED[data.name]}.npz"
    if folder is None:
        raise UsageError(f"--features classifier: '{data.name}' has no weights of its own; give the run's folder")
    return folder / f"classifier-{data.hash[:16]}.npz"
