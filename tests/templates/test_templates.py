"""What `genbench new` writes trains as it stands, for every template and kind, and is refused where it cannot be."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest
import yaml
from packaging.requirements import Requirement

import genbench
from genbench import files, plugins
from genbench.cli.new import command
from genbench.errors import UsageError
from genbench.hookspecs import Kind
from genbench.templates import MARK, Template, chosen, contents, next_steps, write
from genbench.testing import check_model

DATA = {"image": "digits", "points": "tiny", "wave": "tiny_wave", "tokens": "tiny_tokens"}
STEPS = {"latent": 300, "adversarial": 60, "blank": 20}
ALL = [(template, kind) for template in get_args(Template) for kind in get_args(Kind)]
SCREEN = 90  # lines


@pytest.fixture(autouse=True)
def _none_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(files.VARIABLE, "")
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.mark.parametrize(("template", "kind"), ALL)
def test_every_model_trains_as_it_stands(template: str, kind: str, tmp_path, attempt, importable) -> None:
    """Kills: a line for one kind that stands in another's file; samples of a wrong shape, dtype or range."""
    folder = write("fresh", kind=kind, template=template, into=tmp_path)
    plugins.use_files([folder / "genbench_fresh" / "fresh.py"])
    outcome, _ = attempt("fresh", DATA[kind], steps=STEPS[template], batch_size=16)
    assert (outcome.status, max(outcome.clamped.values(), default=0), outcome.warnings) == ("OK", 0, ())
    assert outcome.spend.examples == STEPS[template] * 16
    if template != "blank":
        assert outcome.kept == (("adam",) if template == "latent" else ("adam_g", "adam_c"))


@pytest.mark.slow
@pytest.mark.parametrize(("template", "kind"), ALL)
def test_every_model_passes_the_conformance_suite(template: str, kind: str, tmp_path) -> None:
    """Kills: a template that teaches what genbench itself calls wrong."""
    name = f"{template}_{kind}"
    folder = write(name, kind=kind, template=template, into=tmp_path)
    plugins.use_files([folder / f"genbench_{name}" / f"{name}.py"])
    check_model(name)


def test_a_baseline_can_be_committed_and_runs_are_not(tmp_path) -> None:
    """Kills: `git add results/baselines/main`, the second of the four steps to CI, refused by our own .gitignore."""
    folder = write("fresh", kind="image", template="blank", into=tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)

    def is_ignored(path: str) -> bool:
        return subprocess.run(["git", "check-ignore", "--quiet", path], cwd=folder, check=False).returncode == 0

    assert is_ignored("results/20261122-0123456789abcdef/plan.json")
    assert not is_ignored("results/baselines/main/baseline.json")


@pytest.mark.parametrize(("template", "kind"), ALL)
def test_every_package_is_whole(template: str, kind: str) -> None:
    """Kills: a placeholder or a mark that is left; a file that is no TOML, YAML or Python; one longer than a screen."""
    texts = contents("fresh", kind=kind, template=template)
    assert len(texts) == 7
    for path, text in texts.items():
        assert "my_model" not in text
        assert not any(MARK.search(line) for line in text.splitlines())
        assert max(map(len, text.splitlines())) <= 120
        if path.endswith(".py"):
            ast.parse(text)
            assert len(text.splitlines()) <= SCREEN
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    assert project["entry-points"]["genbench.models"] == {"fresh": "genbench_fresh.fresh"}
    needed = {each.name: each for each in map(Requirement, project["dependencies"])}
    assert needed["genbench"].specifier.contains(genbench.__version__)
    assert "jobs" in yaml.safe_load(texts[".github/workflows/test.yml"])
    assert sum(line.startswith("genbench run --models fresh,") for line in texts["README.md"].splitlines()) == 1


@pytest.mark.skipif(shutil.which("ruff") is None, reason="ruff is not installed")
def test_every_package_is_clean(tmp_path) -> None:
    """Kills: an import that only another kind needs; a layout that a formatter would change on the first save."""
    for template, kind in ALL:
        write("fresh", kind=kind, template=template, into=tmp_path / template / kind)
    lint = subprocess.run(
        ["ruff", "check", "--isolated", "--line-length=120", "--select=E,F,W,I,B,RET,UP", str(tmp_path)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert lint.returncode == 0, lint.stdout
    layout = ["ruff", "format", "--isolated", "--line-length=120", "--diff", str(tmp_path)]
    assert subprocess.run(layout, capture_output=True, text=True).stdout == ""


def test_lines_are_chosen_by_kind() -> None:
    text = "a\nb  #: image wave\nc  # why  #: tokens\n"
    assert (chosen(text, "image"), chosen(text, "tokens"), chosen(text, "points")) == ("a\nb\n", "a\nc  # why\n", "a\n")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Mine", "expected a lower-case letter"),
        ("my-model", "call it 'my_model'"),
        ("my.model", "call it 'my_model'"),
        ("class", "call it 'class_'"),
        ("con", "is a device on Windows"),
        ("../mine", "expected a lower-case letter"),
        ("gmm", "is installed already, from genbench "),
        ("density", "from a package genbench_density"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, says: str, tmp_path) -> None:
    """Kills: a package that could not be imported, or that takes the place of another."""
    with pytest.raises(UsageError, match=says):
        write(name, kind="image", template="blank", into=tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path) -> None:
    """Kills: an author's work that is gone; half a folder where nothing can be written."""
    folder = write("fresh", kind="image", template="blank", into=tmp_path / "new" / "place")
    (folder / "README.md").write_text("mine")
    with pytest.raises(UsageError, match="is there already; choose another name"):
        write("fresh", kind="image", template="latent", into=folder.parent)
    assert (folder / "README.md").read_text() == "mine"
    assert [path.name for path in folder.parent.iterdir()] == ["genbench-fresh"]
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write"):
        write("fresh", kind="image", template="blank", into=tmp_path / "file")


def test_the_command_says_what_to_do_next(tmp_path, capsys) -> None:
    command.main(["fresh", "--kind", "points", "--into", str(tmp_path / "a b")], standalone_mode=False)
    printed = capsys.readouterr().out
    folder = tmp_path / "a b" / "genbench-fresh"
    assert f"cd '{folder}'" in printed
    assert all(f"  {step}\n" in printed for step in next_steps(folder))
    assert [step.split()[0] for step in next_steps(folder)] == ["pip", "genbench", "genbench"]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed: nothing can be built offline")
def test_a_package_is_installed_and_is_a_row(tmp_path) -> None:
    """Kills: a package that builds to nothing, whose entry point leads nowhere, or that is no row in the table."""
    root = Path(genbench.__file__).parents[1]
    paths = [str(root), str(root / "plugins"), *(path for path in sys.path if path.endswith("-packages"))]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "outside.pth").write_text("\n".join(paths))  # what this environment has, the new one sees

    def step(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), "-m", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=280,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    begun = time.monotonic()
    step("genbench", "new", "fresh")
    step("pip", "install", "--no-build-isolation", "--no-deps", "--no-index", "-e", "genbench-fresh")
    assert "genbench-fresh 0.1.0" in step("genbench", "models")
    told = step("genbench", "run", "--models", "fresh,pca_gaussian", "--budget", "400steps", "--quick", "--seeds", "1")
    assert any(line.startswith("fresh ") for line in told.splitlines())
    print(f"{time.monotonic() - begun:.1f} s from nothing to a row")
