"""A feature space as the judge uses it: features of real rows kept on disk, features of samples made as they come."""

from __future__ import annotations

import hashlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.features import extractor, raw_space
from genbench.features.raw import needs_encoding
from genbench.features.verification import unverified

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.features import Extractor
    from genbench.messages import Places
    from genbench.record import Prepared
    from genbench.refs import Split

FOLDER = "features"


@dataclass(frozen=True, slots=True)
class Space:
    """An extractor, the data set it is used on, and where features of real rows are kept."""

    extractor: Extractor
    data: Prepared
    places: Places

    @property
    def is_raw(self) -> bool:
        """Whether features are the rows themselves or nearest to that: measures of rows are told in that space."""
        return self.extractor.name == raw_space(self.data.ref)

    @property
    def doubt(self) -> str | None:
        """What is to be said of numbers in a space whose weights nobody has verified on this machine."""
        return unverified(self.extractor.name, self.extractor.hash, self.places.cache)

    def of(self, rows: NDArray[Any]) -> Any:
        """Return the features of any rows [n, d], on the device."""
        return self._on_device(self.extractor(rows))

    def comparable(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return rows as numbers whose distances mean something: codes by their features, others as they are."""
        return self.extractor(rows) if needs_encoding(self.data.ref) else rows

    def real(self, split: Split, count: int) -> Any:
        """Return the features of a split's first `count` rows, from the cache where it holds them undamaged.

        Raw features are cheaper to make than to read.
        """
        if self.is_raw:
            return self.of(self.data.rows(split)[:count])
        path = self._path(split, count)
        features = load(path)
        if features is None:
            features = self.extractor(self.data.rows(split)[:count])
            save(path, features)
        return self._on_device(features)

    def _on_device(self, features: NDArray[Any]) -> Any:
        """Bring features to where distances are computed: a CUDA device; others lack float64 or gain nothing."""
        if not self.places.device.startswith("cuda"):
            return features
        import torch

        return torch.from_numpy(features).to(self.places.device)

    def _path(self, split: Split, count: int) -> Path:
        owner = getattr(self.extractor, "culprit", "")  # with its version
        key = f"{self.data.ref.hash} {split} {self.extractor.hash} {owner} {count}"
        name = f"{self.extractor.name}-{split}-{count}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.features"
        return self.places.cache / FOLDER / name


def open_spaces(places: Places, data: Prepared, features: tuple[str, ...]) -> list[Space]:
    """Return the spaces of that name."""
    return [
        Space(extractor(name, data.ref, places.run, places.weights.get(name), places.device), data, places)
        for name in features
    ]


def save(path: Path, features: NDArray[Any]) -> None:
    """Write an array behind the sha256 of its .npy form, whole or not at all; several processes may write at once."""
    packed = io.BytesIO()
    np.save(packed, features, allow_pickle=False)
    content = packed.getbuffer()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".features-", dir=path.parent) as aside:
        with Path(aside, "new").open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        Path(file.name).replace(path)


def load(path: Path) -> NDArray[Any] | None:
    """Return what `save` wrote, or None where the file is missing or not as it was written."""
    if not path.is_file():
        return None
    content = memoryview(path.read_bytes())
    start = hashlib.sha256().digest_size
    if hashlib.sha256(content[start:]).digest() != content[:start]:
        return None
    return np.load(io.BytesIO(content[start:]), allow_pickle=False)  # type: ignore[no-any-return]
