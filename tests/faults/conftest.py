"""Grids that the toy engine runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genbench.store import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = importlib.util.spec_from_file_location("toolkit", Path(__file__).with_name("toolkit.py"))
assert SPEC is not None and SPEC.loader is not None
toolkit = sys.modules["toolkit"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(toolkit)


@pytest.fixture
def new_run(tmp_path, make_trial) -> Callable[..., RunFolder]:
    """Make the folder of a run of some seeds, with a probe."""

    def make(seeds: int = 2, name: str = "results") -> RunFolder:
        trials = [make_trial(seed=seed) for seed in range(seeds)]
        probe = make_trial(purpose="probe")
        return RunFolder.create(tmp_path / name, toolkit.plan_of(trials, [probe]))

    return make
