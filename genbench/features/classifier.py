"""Feature space `classifier`: the 64 features before the logits of a small network trained on the data's own labels.

Known data sets have their weights in this folder; for others they are trained once per run and kept with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.errors import UsageError
from genbench.features import artefact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from genbench.features.artefact import Artefact
    from genbench.record import DataRef, Prepared

WEIGHTS = Path(__file__).parent / "weights"
COMMITTED = {
    "digits": "digits",
    "mnist": "mnist",
    "mnist_binary": "mnist",  # one space for both: its network reads black and white as well as grey
    "fashion_mnist": "fashion_mnist",
    "cifar10": "cifar10",
}


@dataclass(frozen=True, slots=True)
class Classifier:
    """Features after their rectifier (leak 0.1: none is dead), float32 [n, 64]; torch is imported when it is called."""

    weights: Artefact
    hash: str
    dimension: int
    name: str = "classifier"

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the features of images uint8 [n, c, h, w], on the CPU."""
        from genbench.features import network

        return network.extract(self.weights.arrays, rows)


def check(data: DataRef) -> None:
    """Refuse what has no labels to learn from."""
    if data.kind != "image" or not data.labelled or (data.classes or 0) < 2:
        labels = f"{data.classes} classes" if data.labelled else "no labels"
        raise UsageError(
            f"--features classifier: got {data.kind} data '{data.name}' with {labels}, expected labelled images of two "
            f"classes or more; use --features {'pixels' if data.kind == 'image' else 'coordinates'}"
        )


def extractor(data: DataRef, folder: Path | None) -> Classifier:
    """Return the extractor, by committed weights or by those that `ensure_classifier` left in `folder`.

    Raises:
        UsageError: the data set has no labels.
        ResultsError: the weights are missing or damaged; they are never trained here.
    """
    check(data)
    weights = artefact.read(_path(data, folder))
    return Classifier(weights, weights.hash, weights.dimension)


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


def _path(data: DataRef, folder: Path | None) -> Path:
    if data.name in COMMITTED:
        return WEIGHTS / f"{COMMITTED[data.name]}.npz"
    if folder is None:
        raise UsageError(f"--features classifier: '{data.name}' has no weights of its own; give the run's folder")
    return folder / f"classifier-{data.hash[:16]}.npz"
