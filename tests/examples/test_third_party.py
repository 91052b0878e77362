"""The example of a third party's package: installed as one, run as one, and its own tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import genbench

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "third_party_plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it as an installation lays it out."""
    folder = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(PACKAGE / "genbench_coupling", folder / "genbench_coupling")
    info = folder / f"genbench_coupling-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    entries = "\n".join(f"{name} = {value}" for name, value in project["entry-points"]["genbench.models"].items())
    (info / "entry_points.txt").write_text(f"[genbench.models]\n{entries}\n")
    return folder


@pytest.mark.parametrize("data", ["tiny", "digits"])
def test_it_trains_on_both_kinds(data: str, installed, importable, attempt, monkeypatch) -> None:
    """Kills: an example that only ran when it was written; a variant, a label or a likelihood that is not asked for."""
    monkeypatch.syspath_prepend(str(installed))
    outcome, _ = attempt("coupling_flow", data, steps=30, batch_size=32, options={"layers": 2, "width": 16})
    assert (outcome.status, outcome.warnings, outcome.kept) == ("OK", (), ("adam",))
    assert outcome.is_conditional == (data == "digits")
    assert {each.variant for each in outcome.samples} == {"ema", "raw"}


def test_its_own_mathematics(installed) -> None:
    """The tests that its author would run, without the conformance suite."""
    _pytest(installed, str(PACKAGE / "tests" / "test_flow.py"))


@pytest.mark.slow
def test_it_passes_the_conformance_suite(installed) -> None:
    _pytest(installed, str(PACKAGE / "tests"))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed: nothing can be built offline")
def test_it_is_built_installed_and_is_a_row(tmp_path, run_genbench) -> None:
    """Kills: a wheel without its modules, an entry point that leads nowhere."""
    source = tmp_path / "source"
    shutil.copytree(PACKAGE, source)
    command = [sys.executable, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--no-index",
               "--target", str(tmp_path / "site"), str(source)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    path = os.pathsep.join(filter(None, [str(tmp_path / "site"), os.environ.get("PYTHONPATH")]))
    ran = run_genbench(
        *("run", "--models", "coupling_flow,gmm", "--datasets", "ring8"),
        *("--budget", "400steps", "--seeds", "1", "--quick"),
        PYTHONPATH=path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert any(line.startswith("coupling_flow") for line in ran.stdout.splitlines())
    records = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("record.json")]
    assert sum('"exact,density"' in text for text in records) == 2  # both models tell the likelihood of points


def _pytest(site: Path, *arguments: str) -> None:
    root = Path(genbench.__file__).parents[1]
    path = os.pathsep.join([str(site), str(root), str(root / "plugins")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", PACKAGE / "pyproject.toml", *arguments],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
