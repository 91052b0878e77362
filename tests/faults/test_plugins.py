"""F1 to F8: a plugin that fails at any of its hooks is a row with a reason, and hurts its own trials only."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.record import Record

IMPORTS = {
    "import_error": "ModuleNotFoundError: No module named 'a_module_that_nobody_has_installed'",
    "import_syntax": "SyntaxError: '(' was never closed",
    "import_exits": "SystemExit: 0",
    "import_interrupts": "KeyboardInterrupt",
}
OTHERS = (
    "raises_in_build", "raises_in_train", "raises_in_sample", "too_few_samples", "wrong_returns", "nan_samples",
    "out_of_range", "nan_loss", "constant_samples", "null",
)  # fmt: skip
EXAMPLES = 12_800  # the budget, of which sound plugins take batches of 128


class _Run:
    """What a run left: the process, records by model, and its folder."""

    def __init__(self, folder: Path, process: Any, records: dict[str, Record]) -> None:
        (self.path,) = folder.iterdir()
        self.process, self.records = process, records

    def attempt(self, model: str) -> Path:
        """Return the folder of the only attempt at a model's trial."""
        return self.path / "trials" / self.records[model].trial.id / "attempt-1"


@pytest.fixture(scope="module")
def run(launch, tmp_path_factory: pytest.TempPathFactory) -> _Run:
    """One run of all models on digits, one seed each."""
    folder = tmp_path_factory.mktemp("faults")
    process, records = launch(
        "--models", ",".join([*IMPORTS, *OTHERS]), "--budget", f"{EXAMPLES}examples", "--seeds", "1",
        "--marks", "0.5", "--no-probe", into=folder,
    )  # fmt: skip
    return _Run(folder, process, records)


def _genbench(toys: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(toys), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "genbench", *arguments]
    return subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, errors="replace", timeout=120
    )


@pytest.mark.parametrize("model", IMPORTS)
def test_f01_an_import_that_fails_is_a_row(run: _Run, model: str) -> None:
    """Kills: SystemExit or KeyboardInterrupt at import that end the validation, or count as success."""
    record = run.records[model]
    assert record.status == "FAILED(import)"
    assert (
        record.message
        == f"genbench-badplugins 0.2 [{model}]: cannot import genbench_badplugins.{model}: {IMPORTS[model]}"
    ) or model == "import_syntax"
    assert IMPORTS[model] in (record.message or "")


def test_f01_the_others_run(run: _Run) -> None:
    """Kills: a plugin that takes its neighbours down; exit 0 after failures."""
    assert run.process.returncode == 1
    assert run.records["null"].status == "OK"
    assert set(run.records) == {*IMPORTS, *OTHERS}
    assert "Traceback" not in run.process.stderr


@pytest.mark.parametrize("arguments", [("models",), ("--help",), ("run", "--help"), ("datasets",), ("metrics",)])
def test_f01_listings_work_beside_them(toys: Path, arguments: tuple[str, ...]) -> None:
    """Kills: an import of any plugin to list it."""
    done = _genbench(toys, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    if arguments == ("models",):
        assert all(re.search(rf"^{name} .*genbench-badplugins 0\.2$", done.stdout, re.M) for name in IMPORTS)


def test_f02_build_raises(run: _Run) -> None:
    """Kills: a traceback with the values of variables, which may be secrets; a log that is not kept."""
    record = run.records["raises_in_build"]
    assert record.status == "FAILED(build)"
    assert record.message == "genbench-badplugins 0.2 [raises_in_build] build: ValueError: cannot model image"
    assert record.wall_seconds > 0
    assert "raises_in_build.py" in (record.log_tail or "")
    assert 'raise ValueError(f"cannot model {task.kind}")' in (run.attempt("raises_in_build") / "log.txt").read_text()
    kept = "".join(path.read_text() for path in run.attempt("raises_in_build").iterdir() if path.suffix != ".pt")
    assert "hunter-2" not in kept + run.process.stdout + run.process.stderr


def test_f03_train_raises(run: _Run) -> None:
    """Kills: a failed training without its curve, its spending or the step at which it failed."""
    record = run.records["raises_in_train"]
    assert record.status == "FAILED(train)"
    assert "RuntimeError: the loss went up" in (record.message or "")
    assert record.hand_outs == 4
    assert record.spend is not None
    assert (record.spend.steps, record.spend.examples) == (4, 4 * 128)
    assert record.files["curves"] == "curves.json"
    points = json.loads((run.attempt("raises_in_train") / "curves.json").read_text())["curves"]["loss"]
    assert [step for step, _ in points] == [1, 2, 3, 4]


def test_f03_a_failed_training_ranks_worst(run: _Run, toys: Path) -> None:
    """Kills: a failed trial that is left out of the ranks."""
    page = json.loads(_genbench(toys, "table", str(run.path), "--format", "json").stdout)["blocks"][0]
    lines = [line for line in page["measures"] if line["measure"] == "fd:classifier" and line["mark"] == 1.0]
    ranked = {line["model"]: line for line in lines if line["split"] == "held_out"}
    assert ranked["null"]["median"] is not None
    assert (ranked["raises_in_train"]["median"], ranked["raises_in_train"]["status"]) == (None, "failed")
    quality = next(sheet for sheet in page["sheets"] if sheet["name"] == "quality")
    labels = [row["label"] for row in quality["rows"]]
    assert labels.index("raises_in_train") > labels.index("null")
    assert any(failure.startswith("raises_in_train: 1 trial FAILED(train)") for failure in page["failures"])


@pytest.mark.parametrize(
    ("model", "status", "said"),
    [
        ("raises_in_sample", "FAILED(sample)", "KeyError: 'decoder'"),
        ("too_few_samples", "INVALID_OUTPUT", "got torch.float32 [499, 1, 8, 8] on cpu, expected torch.float32 [500,"),
    ],
)
def test_f04_sampling_fails_and_the_training_is_kept(run: _Run, model: str, status: str, said: str) -> None:
    """Kills: weights that are thrown away with the samples; a training that is charged nothing."""
    record = run.records[model]
    assert record.status == status
    assert said in (record.message or "")
    assert record.spend is not None
    assert record.spend.examples == EXAMPLES
    assert [mark.fraction for mark in record.marks] == [0.5, 1.0]
    assert {path.name for path in (run.attempt(model) / "snapshots").iterdir()} >= {"0.500000.pt", "final.pt"}


def _form(shape: str, dtype: str = "float32", device: str = "cpu") -> str:
    return f"got torch.{dtype} [{shape}] on {device}, expected torch.float32 [20, 1, 8, 8] on cpu"


@pytest.fixture
def importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the installed toys on the path of this process."""
    monkeypatch.syspath_prepend(str(toys))


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("double", _form("20, 1, 8, 8", "float64")),
        ("half", _form("20, 1, 8, 8", "float16")),
        ("bytes", _form("20, 1, 8, 8", "uint8")),
        ("channels_last", _form("20, 8, 8, 1")),
        ("flat", _form("20, 64")),
        ("more", _form("21, 1, 8, 8")),
        ("none", _form("0, 1, 8, 8")),
        ("meta", _form("20, 1, 8, 8", device="meta")),
        ("list", "got list, expected a tensor"),
        ("numpy", "got ndarray, expected a tensor"),
        ("nothing", "got NoneType, expected a tensor"),
        ("tuple", "got tuple, expected a tensor"),
        ("sparse", "got a torch.sparse_coo tensor, expected a dense one"),
    ],
)
def test_f05_wrong_returns_name_expected_and_got(attempt, way: str, said: str) -> None:
    """Kills: a dtype, a shape or a device that is converted in silence; a layout that is the harness's fault."""
    outcome, _ = attempt("wrong_returns", steps=4, options={"way": way})
    assert outcome.status == "INVALID_OUTPUT"
    assert outcome.message == f"genbench-badplugins 0.2 [wrong_returns] sample: {said}"
    assert outcome.spend is not None


def test_f05_in_a_whole_run(run: _Run) -> None:
    record = run.records["wrong_returns"]
    assert record.status == "INVALID_OUTPUT"
    assert "[500, 1, 8, 8] on meta, expected torch.float32 [500, 1, 8, 8] on cpu" in (record.message or "")


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize("way", ["strided", "expanded", "negated", "with_gradient"])
def test_f05_layout_and_gradients_are_the_models_own(attempt, way: str) -> None:
    """Kills: refusing, or reading as it lies in memory, what is not contiguous; keeping a graph alive."""
    outcome, folder = attempt("wrong_returns", steps=4, options={"way": way})
    assert outcome.status == "OK", outcome.message
    rows = np.load(folder / "samples" / "default-held_out-1.000000.npy", allow_pickle=False)
    assert (rows.shape, rows.dtype, rows.flags.c_contiguous) == ((50, 1, 8, 8), np.uint8, True)


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(
    ("way", "first"),
    [
        ("nan", "[3, 0, 0, 5]"),
        ("infinite", "[0, 0, 0, 5]"),
        ("lying", "[3, 0, 0, 5]"),
        ("forbidding", "[3, 0, 0, 5]"),
    ],
)
def test_f06_values_that_are_not_finite(attempt, way: str, first: str) -> None:
    """Kills: NaN that is clamped to a colour; a count without a place; a tensor whose class says that NaN is finite."""
    outcome, _ = attempt("wrong_returns", steps=4, options={"way": way})
    assert outcome.status == "INVALID_OUTPUT"
    assert (outcome.message or "").endswith(f"sample: 1 values are not finite, the first at {first}")


@pytest.mark.usefixtures("importable")
def test_f06_values_out_of_range_are_clamped_and_counted(attempt) -> None:
    """Kills: a share of the rows, or of the last chunk, in place of one of all values."""
    outcome, _ = attempt("wrong_returns", steps=4, options={"way": "out_of_range"})
    assert outcome.status == "OK"
    assert outcome.clamped["default"] == pytest.approx(3 / (50 * 64))  # one value a chunk, in three chunks


def test_f06_in_a_whole_run(run: _Run) -> None:
    assert "500 values are not finite, the first at [0, 0, 0, 0]" in (run.records["nan_samples"].message or "")
    assert run.records["out_of_range"].clamped["default"] == pytest.approx(0.02, abs=0.002)
    assert re.search(r"up to 2(\.\d+)? % of the values were out of range and clamped", run.process.stdout)


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("code", "state_dict: holds code; expected tensors, numbers, text"),
        ("refused", "load_state_dict: RuntimeError: layers are not made yet"),
        ("train", "expected it to set the mode: rename your method"),
    ],
)
def test_f13_a_model_that_is_no_usable_module(attempt, way: str, said: str) -> None:
    """Kills: FAILED(harness), without a culprit, for what the model's own methods raise outside of any hook."""
    outcome, _ = attempt("unusable_model", steps=4, options={"way": way})
    assert outcome.status == "FAILED(contract)"
    assert said in (outcome.message or "")


def test_f07_a_loss_that_is_nan(run: _Run) -> None:
    """Kills: a training that goes on as if nothing were; a curve that is lost with it."""
    record = run.records["nan_loss"]
    assert record.status == "DIVERGED"
    assert "after 5 hand-outs" in (record.message or "")
    points = json.loads((run.attempt("nan_loss") / "curves.json").read_text())["curves"]["loss"]
    assert [step for step, value in points if value is not None and math.isfinite(float(value))][:4] == [1, 2, 3, 4]
    assert all(measure.mark < 1 for measure in record.measures)
    assert record.spend is not None
    assert (record.hand_outs, record.spend.steps) == (5, 5)


def test_f08_samples_that_are_all_equal(run: _Run, toys: Path) -> None:
    """Kills: a matrix that is singular, a distance that is NaN; a collapse that the table does not tell."""
    record = run.records["constant_samples"]
    assert record.status == "OK"
    at_end = [each for each in record.measures if each.mark == 1.0 and each.identity.split == "held_out"]
    missing = {each.identity.metric for each in at_end if each.value is None}
    assert all(math.isfinite(each.value) for each in at_end if each.value is not None)
    assert not missing & {"fd", "kd", "precision", "recall", "coverage"}
    assert record.measure("recall:classifier") < 0.05
    page = json.loads(_genbench(toys, "table", str(run.path), "--format", "json").stdout)["blocks"][0]
    stability = next(sheet for sheet in page["sheets"] if sheet["name"] == "stability")
    cells = {row["label"]: row["cells"]["collapsed"] for row in stability["rows"]}
    assert cells["constant_samples"]["word"] == "1/1"
