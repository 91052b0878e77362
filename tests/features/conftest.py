"""Data sets made on the spot, and the one that comes with scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genbench.data import folder, naming, prepare
from genbench.data.dataset import Part, Raw
from genbench.record import Prepared

if TYPE_CHECKING:
    from pathlib import Path

Make = Callable[..., Prepared]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare("digits", data_root=None, cache=tmp_path_factory.mktemp("digits"))


@pytest.fixture
def make_images(tmp_path: Path) -> Make:
    """Build a set of dark and bright noisy images, labelled 0 and 1."""

    def make(*, name: str = "shades", shape: tuple[int, ...] = (1, 6, 6), labelled: bool = True) -> Prepared:
        generator = np.random.default_rng(0)

        def part(count: int) -> Part:
            labels = generator.integers(0, 2, count)
            rows = generator.integers(0, 150, (count, *shape)) + 100 * labels.reshape(-1, 1, 1, 1)
            return Part(rows=rows.astype(np.uint8), labels=labels if labelled else None)

        fields: dict[str, Any] = {"train": part(200), "validation": part(60), "held_out": part(80)}
        raw = naming.stored(Raw(kind="image", classes=2 if labelled else None, **fields))
        return folder.write(naming.refer(name, raw), raw, tmp_path / "data")

    return make


@pytest.fixture
def make_points(tmp_path: Path) -> Make:
    """Build a set of points."""

    def make() -> Prepared:
        generator = np.random.default_rng(0)
        parts = [Part(rows=generator.normal(5, 3, (count, 2)).astype(np.float32)) for count in (90, 30, 30)]
        raw = naming.stored(Raw(kind="points", train=parts[0], validation=parts[1], held_out=parts[2]))
        return folder.write(naming.refer("cloud", raw), raw, tmp_path / "data")

    return make
