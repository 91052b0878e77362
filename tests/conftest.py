"""Fixtures that every room shares: where the data is, and a seeded state that no test leaks."""

from __future__ import annotations

import os

# Before numpy is loaded: two threads of linear algebra on a core that others use are up to a hundred times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import random
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genbench.budget import Budget
from genbench.engines.call import BEAT
from genbench.messages import Inspect, Inspected, Job, Outcome, ProbeOutcome
from genbench.record import Record, Trial
from genbench.refs import DataRef, ModelRef
from genbench.store import RunFolder, publish
from genbench.validation import validate
from genbench.windows import QUICK_WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = Path(__file__).parents[2] / "shared"
INSTALL = Path(__file__).parent / "toys" / "install.py"
os.environ.setdefault("GENBENCH_TEST_DAY", str(int(time.time() // 86_400)))  # the same for all workers at midnight
CACHE = Path(os.environ.get("GENBENCH_CACHE") or Path(tempfile.gettempdir()) / "genbench-tests")


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


@pytest.fixture
def make_trial() -> Callable[..., Trial]:
    """Build a trial of a model that does not exist, with changes."""
    model = ModelRef(
        name="alpha", distribution="genbench-alpha 0.1", module="alpha", code="0", options={}, batch_size=8,
        variants=("default",), hooks=("build", "train", "sample"),
    )  # fmt: skip
    data = DataRef(
        name="digits", kind="image", shape=(1, 8, 8), classes=10, labelled=True,
        counts={"train": 997, "validation": 300, "held_out": 500}, hash="0" * 64,
    )  # fmt: skip

    def make(**changes: object) -> Trial:
        fields = {"model": model, "data": data, "budget": Budget(10, "steps"), "seed": 0, "marks": (), "device": "cpu"}
        return Trial(**(fields | changes))

    return make


def put_record(folder: RunFolder, record: Record) -> Path:
    """Publish a record as the attempt that it says, without claims; return its path."""
    path = folder.path / "trials" / record.trial.id / f"attempt-{record.attempt}" / "record.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    publish(path, record)
    return path


@pytest.fixture(name="put_record")
def _put_record() -> Callable[[RunFolder, Record], Path]:
    return put_record


@pytest.fixture
def run_genbench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, in an empty folder; keyword arguments are environment variables."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "genbench", *arguments]
        variables = os.environ | {"GENBENCH_CACHE": str(CACHE)} | environment
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=280)

    return run


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which all distributions of toys are installed."""
    folder = tmp_path_factory.mktemp("toys")
    install: Callable[[Path], None] = runpy.run_path(str(INSTALL))["install"]
    install(folder)
    return folder


@pytest.fixture(scope="session")
def launch(
    toys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., tuple[subprocess.CompletedProcess[str], dict[str, Record]]]:
    """Run `genbench run` with the toys installed; return the process and the records by model.

    `results=False`: a run that is refused. The folder is validated; `into` names it where a test looks at it later.
    """

    def run(
        *arguments: str, results: bool = True, into: Path | None = None, **environment: str
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, Record]]:
        folder = into or tmp_path_factory.mktemp("run")
        variables = os.environ | {"PYTHONPATH": str(toys), "GENBENCH_CACHE": str(CACHE)} | environment
        command = [sys.executable, "-m", "genbench", "run", "--output", str(folder), *arguments]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, errors="replace", timeout=280)
        if not results:
            return done, {}
        (run_folder,) = folder.iterdir()
        assert validate(run_folder).problems == ()
        return done, {record.trial.model.name: record for record in RunFolder(run_folder).read().records}

    return run


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[..., tuple[Outcome, Path]]:
    """Run one attempt at a trial, or a probe, in this process; return its outcome and its folder.

    `earlier` is the folder of an attempt from which it goes on, `beat` what it shares with a supervisor.
    """
    counter = iter(range(10_000))

    def run(model: str, data: str = "digits", steps: int = 20, **changes: Any) -> tuple[Outcome, Path]:
        from genbench import inspection, probe, trial
        from genbench.data import prepare

        options, beat = changes.pop("options", {}), changes.pop("beat", [0] * BEAT)
        earlier, protected = changes.pop("earlier", None), changes.pop("protected", (CACHE, tmp_path))
        window = changes.pop("window", QUICK_WINDOW)
        request = Inspect(name=model, options=options, batch_size=changes.pop("batch_size", None))
        found = Inspected.model_validate_json(inspection.inspect_model(request.model_dump_json(), [0] * BEAT))
        assert found.model is not None, found.broken
        prepared = prepare(data, data_root=None, cache=CACHE)
        fields = {"budget": Budget(steps, "steps"), "seed": 0, "marks": (), "device": "cpu"} | changes
        planned = Trial(model=found.model, data=prepared.ref, **fields)
        folder = tmp_path / f"attempt-{next(counter)}"
        folder.mkdir()
        job = Job(
            trial=planned, train=prepared.folder / "train", folder=folder, counts={"held_out": 50, "validation": 30},
            sample_batch=20, hand_outs=steps if planned.budget.is_exact else None, earlier=earlier,
            protected=protected, window=window,
        )  # fmt: skip
        main, told = (probe.main, ProbeOutcome) if planned.purpose == "probe" else (trial.main, Outcome)
        return told.model_validate_json(main(job.model_dump_json(), beat)), folder

    return run


@pytest.fixture
def importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the installed toys on the path of this process."""
    monkeypatch.syspath_prepend(str(toys))
    return toys


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where prepared data sets and features are kept from one test run to the next."""
    return CACHE
