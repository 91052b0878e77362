"""One small run of `genbench tune` with the toys, which several tests look at."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from genbench.store import Results, RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STUDY = """
models = ["tunable", "tunable@near", "null"]
datasets = ["tiny"]
budget = "320examples"
batch_size = 16
seeds = 2
probe = false

[options.tunable]
fails_above = 2.0
limit = 3.0

[options."tunable@near"]
shift = 0.25

[tune]
trials = 6

[tune.space.tunable]
rate = [1e-3, 1e-2]
"""


@dataclass(frozen=True)
class Tuned:
    """A run, and what it printed."""

    results: Results
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def tune(toys: Path, cache: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `genbench tune`, or another command of genbench's, with the toys installed."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(toys), os.environ.get("PYTHONPATH", "")])
        variables = os.environ | {"PYTHONPATH": path, "GENBENCH_CACHE": str(cache)} | environment
        command = [sys.executable, "-m", "genbench", *arguments]
        return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=280)

    return run


@pytest.fixture(scope="session")
def tuned(tune, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """A finished run of three models, two of which are the same with other options."""
    folder = tmp_path_factory.mktemp("tuned")
    study = folder / "study.toml"
    study.write_text(STUDY)
    done = tune("tune", str(study), "--output", str(folder / "results"))
    (run,) = (folder / "results").iterdir()
    return Tuned(RunFolder(run).read(), done)
