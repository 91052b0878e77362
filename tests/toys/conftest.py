"""The toys, installed once beside the tests and importable in this process."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALL = Path(__file__).with_name("install.py")


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which both distributions of toys are installed."""
    folder = tmp_path_factory.mktemp("toys")
    install: Callable[[Path], None] = runpy.run_path(str(INSTALL))["install"]
    install(folder)
    return folder


@pytest.fixture
def importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, on the path of this process."""
    monkeypatch.syspath_prepend(str(toys))
    return toys
