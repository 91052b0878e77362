"""Data sets and sample files made on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from genbench.data import folder, naming, prepare
from genbench.data.dataset import Part, Raw
from genbench.record import Prepared, SampleFile
from genbench.refs import Mixture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CENTRES = ((0.0, 0.0), (10.0, 0.0), (0.0, 10.0))


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare("digits", data_root=None, cache=tmp_path_factory.mktemp("digits"))


@pytest.fixture
def points(tmp_path: Path) -> Prepared:
    """Draws of a mixture of three Gaussians of deviation 1: 600, 200 and 300."""
    generator = np.random.default_rng(0)

    def part(count: int) -> Part:
        modes = np.array(CENTRES)[generator.integers(0, 3, count)]
        return Part(rows=(modes + generator.normal(size=(count, 2))).astype(np.float32))

    mixture = Mixture(centres=CENTRES, deviation=1.0)
    raw = Raw(kind="points", train=part(600), validation=part(200), held_out=part(300), mixture=mixture)
    return folder.write(naming.refer("cloud", naming.stored(raw)), naming.stored(raw), tmp_path / "data")


@pytest.fixture
def sample_file(tmp_path: Path) -> Callable[..., SampleFile]:
    """Write rows as a trial hands them over."""

    def make(rows: np.ndarray, *, split: str = "held_out", variant: str = "raw", mark: float = 1.0) -> SampleFile:
        path = tmp_path / f"{variant}-{mark}-{split}.npy"
        np.save(path, rows)
        return SampleFile(variant=variant, mark=mark, split=split, path=path)

    return make
