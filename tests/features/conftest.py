"""Data sets made on the spot, and the one that comes with scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

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


def stand_in(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Draw arrays of the right names and shapes, at sizes that let signals through."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in shapes.items():
        drawn = torch.randn(shape, generator=generator)
        fan_in = shape[-1] if shape[:1] == (1,) else math.prod(shape[1:])  # a table of tokens, or a layer
        if name.endswith("running_var"):
            state[name] = 0.01 + drawn.square()  # small ones too, so that what is added to variances shows
        else:
            state[name] = drawn * math.sqrt(2 / fan_in) if len(shape) > 1 else 0.5 + drawn / 4
    return state


@pytest.fixture(scope="session")
def inception_state() -> dict[str, torch.Tensor]:
    """Inception with a sixteenth of its channels."""
    from genbench.features.inception_layout import shapes

    return stand_in(shapes(2))


@pytest.fixture(scope="session")
def inception_file(inception_state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(inception_state, path)
    return path


@pytest.fixture(scope="session")
def dinov2_state() -> dict[str, torch.Tensor]:
    """A transformer of two blocks and two heads, trained on a grid of 37 patches a side."""
    from genbench.features.dinov2_network import shapes

    like = {"cls_token": (1, 1, 128), "blocks.0.norm1.weight": (128,), "blocks.1.norm1.weight": (128,)}
    return stand_in(shapes(like)) | {"mask_token": torch.zeros(1, 128)}


@pytest.fixture(scope="session")
def dinov2_file(dinov2_state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "dinov2.pth"
    torch.save(dinov2_state, path)
    return path
