"""Classifier weights as a file: an .npz of half-precision arrays and a card that says where they come from.

Training the same seed on another processor gives other bits. So weights are kept and named by their hash, and a
training script is their history, not their identity.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.reading import read_npz
from genbench.errors import DataError, ResultsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 256  # rows at a time, the last batch padded with zeros: kernels and with them rounding depend on it
LEAK = 0.1  # slope of the rectifier below zero
RECIPE = f"three 3x3 convolutions and max-poolings, 64 features, rectifiers of leak {LEAK}, float32, batches of {BATCH}"
LAYERS = ("conv0", "conv1", "conv2", "dense", "logits")
NAMES = {f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")}
STORED = "<f2"  # the cast to float32 is exact everywhere
CARD = "card"


@dataclass(frozen=True, slots=True)
class Artefact:
    """A trained classifier: arrays by name, and a card (data, accuracy, seed, ...) that takes no part in its hash."""

    arrays: dict[str, NDArray[np.float16]]
    card: dict[str, Any]

    @property
    def hash(self) -> str:
        """Return a sha256 over the recipe and every array's name, shape and bytes."""
        total = hashlib.sha256(RECIPE.encode())
        for name, array in sorted(self.arrays.items()):
            total.update(f"\n{name} {list(array.shape)} ".encode() + array.astype(STORED).tobytes())
        return total.hexdigest()

    @property
    def dimension(self) -> int:
        """Return the number of features."""
        return len(self.arrays["dense.bias"])

    @property
    def channels(self) -> int:
        """Return the number of image channels."""
        return int(self.arrays["conv0.weight"].shape[1])


def read(path: Path) -> Artefact:
    """Read weights; no code is executed.

    Raises:
        ResultsError: the file is missing or damaged, or holds something else.
    """
    advice = "restore it from the run or the release that it belongs to; it is never trained again"
    if not path.is_file():
        raise ResultsError(f"{path}: expected the classifier's weights, found no file; {advice}")
    try:
        arrays = read_npz(path, advice)
        card = json.loads(str(arrays.pop(CARD, "{}")))
    except DataError as error:
        raise ResultsError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: its card is no JSON: {error}; {advice}") from error
    if arrays.keys() != NAMES or any(a.dtype != STORED or not np.isfinite(a).all() for a in arrays.values()):
        found = ", ".join(f"{name} {array.dtype}" for name, array in sorted(arrays.items())) or "nothing"
        raise ResultsError(f"{path}: expected finite {STORED} arrays {sorted(NAMES)}, found {found}; {advice}")
    if not isinstance(card, dict):
        raise ResultsError(f"{path}: expected a table as its card, found a {type(card).__name__}; {advice}")
    return Artefact(arrays, card)


def write(artefact: Artefact, path: Path) -> None:
    """Write weights whole or not at all; where a file is there already, it stays and the new weights are dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    members: dict[str, Any] = {CARD: np.array(json.dumps(artefact.card, sort_keys=True)), **artefact.arrays}
    with tempfile.TemporaryDirectory(prefix=".weights-", dir=path.parent) as aside:
        with Path(aside, "new").open("wb") as file:
            np.savez_compressed(file, **members)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first; all readers must see one artefact
            path.hardlink_to(file.name)
