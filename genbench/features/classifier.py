"""Feature space `classifier`: the 64 features before the logits of a small network trained on the data's own labels.

Waves are read as pictures of their log-mel levels. Known data sets have their weights in this folder; for others they
are trained once per run and kept with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.errors import UsageError
from genbench.features import artefact, logmel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from genbench.features.artefact import Artefact
    from genbench.hookspecs import Kind
    from genbench.record import DataRef, Prepared

WEIGHTS = Path(__file__).parent / "weights"
COMMITTED = {
    "digits": "digits",
    "mnist": "mnist",
    "mnist_binary": "mnist",  # one space for both: its network reads black and white as well as grey
    "fashion_mnist": "fashion_mnist",
    "cifar10": "cifar10",
    "spoken_digits": "spoken_digits",
}
RAW = {"image": "pixels", "wave": "spectrum", "points": "coordinates"}  # what needs no labels


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


def as_images(kind: Kind, rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Return what the network sees, uint8 [n, c, h, w]."""
    return logmel.images(rows) if kind == "wave" else rows


def check(data: DataRef) -> None:
    """Refuse what has no labels to learn from."""
    if data.kind not in ("image", "wave") or not data.labelled or (data.classes or 0) < 2:
        way_out = f"use --features {RAW[data.kind]}" if data.kind in RAW else "omit --features"
        labels = f"{data.classes} classes" if data.labelled else "no labels"
        raise UsageError(
            f"--features classifier: got {data.kind} data '{data.name}' with {labels}, expected labelled images or "
            f"waves of two classes or more; {way_out}"
        )


def extractor(data: DataRef, folder: Path | None) -> Classifier:
    """Return the extractor, by committed weights or by those that `ensure_classifier` left in `folder`.

    Raises:
        UsageError: the data set has no labels.
        ResultsError: the weights are missing or damaged; they are never trained here.
    """
    check(data)
    weights = artefact.read(_path(data, folder))
    return Classifier(weights, _hash(weights, data.kind), weights.dimension, data.kind)


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
