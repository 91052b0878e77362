"""From where an arm says that a model came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import genbench
from genbench import files
from genbench.check.arm import _place

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_model_in_a_file_is_in_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: every speed of a baseline of `--plugin FILE` lost, as `toy.py` is no module that can be imported."""
    path = tmp_path / "toy.py"
    path.touch()
    monkeypatch.setattr(files, "in_use", lambda: {"toy": path})
    assert _place("toy.py", "toy") == str(path)
    assert _place("genbench", "toy") == genbench.__file__
