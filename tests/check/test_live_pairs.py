"""Pairs of real processes: planted slowdowns are seen where they are, and whoever fails is told from the other."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from genbench.check.arm_pair import PairRequest
from genbench.check.arm_process import Launch
from genbench.check.host import slowdowns
from genbench.check.installs import Arms, install_arms
from genbench.check.pairing import Pairs
from genbench.check.timings import TimingRequest
from genbench.engines import Limits, LocalEngine
from genbench.refs import DataRef, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = Path(__file__).parent / "packages"
_MADE = runpy.run_path(str(PACKAGES / "repository.py"))
repository, change = _MADE["repository"], _MADE["change"]
DATA = DataRef(
    name="noise", kind="points", shape=(4,), classes=None, labelled=False, hash="0" * 64,
    counts={"train": 64, "validation": 1, "held_out": 1}, scale=Scale(mean=(0.0,) * 4, deviation=(1.0,) * 4),
)  # fmt: skip
PATIENT = Limits(hook=150.0, first=40.0, stall=40.0)  # of each arm, which a crowded machine may keep waiting


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> TimingRequest:
    train = tmp_path_factory.mktemp("train")
    np.save(train / "rows.npy", np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32))
    return TimingRequest(model="pace", data=DATA, train=train, windows=5, window=0.02, sample_batch=4)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arms]:
    """Two installs of `pace`, and a third that comes after them on the path, of a later version, which cannot work."""
    folder = tmp_path_factory.mktemp("live")
    decoy = folder / "decoy"
    info = decoy / "genbench_pace-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: genbench-pace\nVersion: 9.9\n")
    (info / "entry_points.txt").write_text("[genbench.models]\npace = pace_decoy\n")
    (decoy / "pace").mkdir()
    (decoy / "pace" / "__init__.py").write_text("raise ImportError('the decoy')")
    path = os.pathsep.join([str(decoy), os.environ.get("PYTHONPATH", "")])
    with (
        pytest.MonkeyPatch.context() as patch,
        install_arms("main", repository(folder / "repo"), folder, print) as made,
    ):
        patch.setenv("PYTHONPATH", path)
        yield made


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as engine:
        yield engine


@contextmanager
def _changed(place: Path, **constants: object) -> Iterator[None]:
    """Change an installed version inside."""
    path = place / "pace" / "model.py"
    before = path.read_text()
    change(place, **constants)
    try:
        yield
    finally:
        path.write_text(before)


def test_slow_training_is_seen_in_training(arms: Arms, engine: LocalEngine, request_: TimingRequest) -> None:
    """Kills: the sign, arms swapped, one timed twice, entry points of an installed version, set-up in the windows."""
    with _changed(arms.candidate.place, TRAINING=400, FIRST=4000):
        pair = Pairs(engine, arms, 0, PATIENT).run(request_, 0)
    assert (pair.baseline.failure, pair.candidate.failure) == (None, None)
    (training,), (sampling,), (setup,) = (slowdowns([pair], each) for each in ("training", "sampling", "setup"))
    assert training > 1.2 > abs(sampling)  # ln 10 is 2.3
    assert setup > 1.2
    assert median(pair.candidate.training) * 400 * 3 > median(pair.baseline.training) * 40  # and not by FIRST's 4000
    for timing, install in ((pair.baseline, arms.baseline), (pair.candidate, arms.candidate)):
        assert Path(timing.place).is_relative_to(install.place)
        assert len(timing.sampling) == 5
    assert pair.baseline.code != pair.candidate.code


def test_slow_sampling_leaves_training_alone(arms: Arms, engine: LocalEngine, request_: TimingRequest) -> None:
    with _changed(arms.candidate.place, SAMPLING=400):
        pair = Pairs(engine, arms, 3, PATIENT).run(request_, 0)
    (training,), (sampling,) = (slowdowns([pair], each) for each in ("training", "sampling"))
    assert sampling > 1.2 > abs(training)


def test_a_control_differs_from_no_baseline(arms: Arms, engine: LocalEngine, request_: TimingRequest) -> None:
    """Kills: a control that runs the candidate; what prints taken for an answer."""
    with _changed(arms.candidate.place, FAULT='"raise"'), _changed(arms.baseline.place, FAULT='"print"'):
        pair = Pairs(engine, arms, 0, PATIENT).run(request_, 1, is_control=True)
        assert (pair.baseline.failure, pair.candidate.failure) == (None, None)
        assert Path(pair.candidate.place).is_relative_to(arms.candidate.place)
        assert pair.baseline.code == pair.candidate.code


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word on a parent's death is Linux's")
def test_an_arm_dies_with_its_parent(arms: Arms, request_: TimingRequest, tmp_path: Path) -> None:
    """Kills: an arm that measures on when whoever waits for it was killed."""
    path = f"{arms.baseline.place}{os.pathsep}{os.environ['PYTHONPATH']}"
    launch = Launch(python=sys.executable, path=path, hash_seed=0, padding=0)
    asked = PairRequest(request=request_, launches=(launch,), folder=tmp_path, loading=200, measuring=200)
    code = "import sys; from genbench.check.arm_pair import pair; pair(sys.stdin.read(), [0] * 4)"
    with _changed(arms.baseline.place, FAULT='"hang"'):
        parent = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        parent.stdin.write(asked.model_dump_json())
        parent.stdin.close()
        assert parent.stdout.readline() == "pace: build\n"
        assert parent.stdout.readline() == "pace: train\n"
        children = psutil.Process(parent.pid).children()
        assert len(children) == 1
        os.kill(parent.pid, signal.SIGKILL)
        assert psutil.wait_procs(children, timeout=60)[1] == []
        parent.wait()
        parent.stdout.close()
