"""The fixtures as a model's author uses them: in a test run of its own, with every warning an error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

STRICT = ("-W", "error", "--strict-markers", "--strict-config", "--import-mode=importlib", "-p", "no:cacheprovider")
BENCHMARK = ("-p", "pytest_benchmark.plugin")
HEAVY = ("torch", "numpy", "pydantic", "click", "scipy", "pandas", "genbench.hookspecs", "pytest_benchmark")
LIMIT = 0.005  # seconds of processor time
MODELS = """
import random

import numpy as np
import pytest
import torch

from genbench.errors import UsageError


@pytest.fixture(scope="module")
def null(genbench_model):
    return genbench_model("null", "tiny", options={"sleep": 0.0}, batch_size=4, seed=3)


def test_the_hooks_are_those_of_a_trial(null):
    before = null.build().mean.detach().clone()
    assert torch.equal(null.build().mean, before)
    assert null.train(5) > 0
    trained = null.build().mean.detach().clone()
    assert torch.equal(trained, before)
    null.train(5)
    assert null.sample(7).shape == (7, *before.shape)
    assert null.trial.model.batch_size == 4


def test_training_goes_on_from_where_it_stands(null):
    model = null.build()
    start = model.mean.detach().clone()
    null.train(3)
    after = model.mean.detach().clone()
    assert not torch.equal(start, after)


def test_nothing_around_is_disturbed(null):
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    threads = torch.get_num_threads()
    expected = torch.rand(1).item(), np.random.rand(), random.random()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    null.build(), null.train(2), null.sample(2)
    assert (torch.rand(1).item(), np.random.rand(), random.random()) == expected
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("name, data, said", [
    ("nul", "tiny", "did you mean 'null'"),
    ("missing_sample", "tiny", "no hook `sample`"),
    ("em_gmm", "digits", "supports points data; digits is image"),
])
def test_a_mistake_is_told(genbench_model, name, data, said):
    with pytest.raises(UsageError, match=said):
        genbench_model(name, data)


@pytest.mark.parametrize("hook", ["build", "train", "sample"])
def test_benchmark(null, genbench_benchmark, hook):
    genbench_benchmark(null, hook=hook, steps=2, count=3, rounds=2)


def test_ratio(null, genbench_ratio):
    assert genbench_ratio(lambda: null.train(2), lambda: null.train(2), rounds=6).rounds == 6
"""
PAGE = (Path(__file__).parents[1] / "docs" / "ci.md").read_text(encoding="utf-8")
TIMED = """
def test_benchmark(genbench_benchmark): raise AssertionError
def test_ratio(genbench_ratio): assert genbench_ratio(lambda: None, lambda: None).rounds
def test_other(): pass
"""


def _pytest(folder: Path, source: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test file with genbench's fixtures, and no other plugin that is installed."""
    (folder / "test_mine.py").write_text(source)
    paths = [*environment.pop("path", "").split(os.pathsep), *sys.path]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    variables = inherited | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "pytest", "-p", "genbench.pytest_plugin", "-rs", "-v", *STRICT, *arguments]
    return subprocess.run(
        command, cwd=folder, env=variables | environment, capture_output=True, text=True, timeout=280
    )  # fmt: skip


def test_a_third_partys_model_is_built_trained_sampled_and_timed(tmp_path, toys, cache) -> None:
    """And the example of docs/ci.md runs.

    Kills: fixtures for built-in models alone, seeds and threads that leak, a warning in somebody's strict run.
    """
    (tmp_path / "test_page.py").write_text(re.search(r"<!-- pytest -->\n```python\n(.*?)```", PAGE, re.DOTALL)[1])
    done = _pytest(
        tmp_path, MODELS, *BENCHMARK, "--benchmark-json=found.json", path=str(toys), GENBENCH_CACHE=str(cache)
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 passed" in done.stdout
    found = json.loads((tmp_path / "found.json").read_text())["benchmarks"]
    groups = [each["group"] for each in found]
    timed = [f"null on tiny: {hook}" for hook in ("build", "sample", "train")]
    assert sorted(groups) == [*timed, "vae on ring8: train"]
    assert all(each["stats"]["rounds"] == 2 for each in found)


def test_without_pytest_benchmark_it_is_skipped_with_a_reason(tmp_path) -> None:
    """Kills: `fixture 'benchmark' not found` for those who only wanted ratios."""
    done = _pytest(tmp_path, TIMED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 1 skipped" in done.stdout
    assert "needs pytest-benchmark" in done.stdout


@pytest.mark.parametrize(
    "conftest",
    [
        "def pytest_configure(config): config.workerinput = {}",
        "def pytest_addoption(parser): parser.addoption('--dist', default='load')",
    ],
    ids=["a worker", "its controller"],
)
def test_beside_other_workers_nothing_is_timed(tmp_path, conftest) -> None:
    """Kills: speeds measured while the other workers of xdist run; a whole file that is skipped with them."""
    (tmp_path / "conftest.py").write_text(conftest)
    done = _pytest(tmp_path, TIMED, *BENCHMARK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 2 skipped" in done.stdout
    assert "pytest-xdist" in done.stdout
    (tmp_path / "conftest.py").write_text(conftest.replace("'load'", "'no'").replace("config.workerinput = {}", "pass"))
    assert "2 passed" in _pytest(tmp_path, TIMED, "--deselect", "test_mine.py::test_benchmark", *BENCHMARK).stdout


def test_what_measures_time_is_marked(tmp_path) -> None:
    """Kills: a marker that --strict-markers refuses, or that no test has."""
    done = _pytest(tmp_path, TIMED, "-m", "not genbench_timing")
    assert "1 passed, 2 deselected" in done.stdout
    assert "@pytest.mark.genbench_timing" in _pytest(tmp_path, TIMED, "--markers").stdout


def test_it_is_installed_under_its_name() -> None:
    """Kills: a plugin that pytest does not find."""
    from tomllib import loads

    project = loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"genbench": "genbench.pytest_plugin"}


def test_it_costs_nothing_until_it_is_used() -> None:
    """At most 5 ms beside pytest itself, at best of ten. Kills: numpy or the contract imported at the top."""
    code = (
        "import sys, time, pytest\nbefore, start = set(sys.modules), time.process_time()\n"
        "import genbench.pytest_plugin\nprint(time.process_time() - start, *(set(sys.modules) - before))"
    )
    seconds = []
    for _ in range(10):
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        taken, *imported = done.stdout.split()
        assert not [name for name in imported if name.startswith(HEAVY)], imported
        seconds.append(float(taken))
        if min(seconds) <= LIMIT / 2:
            break
    assert min(seconds) <= LIMIT, seconds
