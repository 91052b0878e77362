"""A distribution made on the spot, found by the same means as any installed one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a module as a data set: install("moons", code) makes moons_module.py and its entry point."""

    def make(name: str, code: str, *, distribution: str = "genbench_moons", value: str | None = None) -> None:
        site = tmp_path / distribution
        metadata = site / f"{distribution}-0.2.dist-info"
        metadata.mkdir(parents=True, exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.2\n")
        value = value or f"{name}_module"
        (metadata / "entry_points.txt").write_text(f"[genbench.datasets]\n{name} = {value}\n")
        (site / f"{name}_module.py").write_text(code)
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, f"{name}_module", raising=False)

    return make
