"""The toys, importable in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the installed toys on the path of this process."""
    monkeypatch.syspath_prepend(str(toys))
    return toys
