"""Weights of the right shapes, and a CIFAR-10 of a few images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from genbench.data import folder, naming
from genbench.data.dataset import Part, Raw
from genbench.features.inception_layout import shapes

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.record import Prepared


@pytest.fixture(scope="session")
def inception_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in shapes(2).items():
        drawn = torch.randn(shape, generator=generator)
        state[name] = drawn * math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.5 + drawn.square() / 4
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="session")
def few_images(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    generator = np.random.default_rng(0)

    def part(brightest: int) -> Part:
        rows = generator.integers(0, brightest, (12, 3, 32, 32), dtype=np.uint8)
        return Part(rows=rows, labels=np.arange(12) % 10)

    parts = {"train": part(200), "validation": part(200), "held_out": part(255)}
    raw = naming.stored(Raw(kind="image", classes=10, **parts))
    return folder.write(naming.refer("cifar10", raw), raw, tmp_path_factory.mktemp("data"))
