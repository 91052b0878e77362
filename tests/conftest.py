"""Fixtures that every room shares: where the data is, and a seeded state that no test leaks."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference values kept beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"no reference values: {SHARED} does not exist")
    return SHARED


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The data root, as the command line finds it: GENBENCH_DATA, else the folder beside the checkout."""
    root = Path(os.environ.get("GENBENCH_DATA") or SHARED / "data")
    if not root.is_dir():
        pytest.skip(f"no data root: {root} does not exist; set GENBENCH_DATA")
    return root


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(0)
    np.random.seed(0)
