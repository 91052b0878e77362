"""Fixtures for tests of models' speed; everybody who has genbench pays for this module, so it imports nothing heavy.

genbench_model       an installed model on prepared data: `build()`, `train(steps)`, `sample(count)`
genbench_benchmark   times one of these through pytest-benchmark
genbench_ratio       times two callables in turns: the ratio to be held against a limit
genbench_timing      the marker that every test has which takes one of the last two
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.ratios import Ratio
    from genbench.timed import TimedModel

TIMING = "genbench_timing"
FIXTURES = {"genbench_benchmark", "genbench_ratio"}
ROUNDS = 7
DISTRIBUTED = "times nothing beside the other workers of pytest-xdist: run with -n 0, or -m genbench_timing apart"
NO_BENCHMARK = "needs pytest-benchmark, which is not installed or not loaded"


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker; offer `genbench_benchmark` in the form that suits what is installed."""
    config.addinivalue_line(
        "markers", f"{TIMING}: measures time; every test that takes {' or '.join(sorted(FIXTURES))}"
    )
    has_benchmark = any(map(config.pluginmanager.hasplugin, ("benchmark", "pytest_benchmark.plugin")))
    reason = DISTRIBUTED if _is_distributed(config) else None if has_benchmark else NO_BENCHMARK
    config.pluginmanager.register(_Benchmark() if reason is None else _Skipped(reason), "genbench_benchmark")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what measures time, so that `-m` can choose it."""
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(TIMING)


@pytest.fixture(scope="session")
def genbench_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TimedModel]:
    """Return a function that gives an installed model: `genbench_model("mine", "digits", options={"width": 64})`.

    Also `batch_size`, `seed`, `device`, `threads`. Its `build()`, `train(steps)` and `sample(count)` go through the
    hooks, the stream and the meter of a trial, in this process, and leave threads and generators as they were.
    Data are looked for in GENBENCH_DATA, and kept in GENBENCH_CACHE.
    """
    from genbench.timed import timed_model

    root = os.environ.get("GENBENCH_DATA")

    def make(name: str, dataset: str = "digits", **settings: Any) -> TimedModel:
        folder = tmp_path_factory.mktemp("genbench")
        return timed_model(name, dataset, folder, data_root=Path(root) if root else None, **settings)

    return make


@pytest.fixture
def genbench_ratio(request: pytest.FixtureRequest) -> Callable[..., Ratio]:
    """Return a function that times two callables in turns, `genbench.ratios.ratio`.

    `assert genbench_ratio(mine, theirs, rounds=15).low < 1.2`: to hold `low` below a limit fails only where the ratio
    surely exceeds it, to hold `high` wherever it may.
    """
    if _is_distributed(request.config):
        pytest.skip(DISTRIBUTED)
    from genbench.ratios import ratio

    return ratio


class _Benchmark:
    @pytest.fixture
    def genbench_benchmark(self, benchmark: Any) -> Callable[..., Any]:
        """Return a function that times a hook: `genbench_benchmark(model, hook="train", steps=100, rounds=7)`.

        `hook` is build, train or sample (`count=`). Before each round that trains, the model is built anew, untimed.
        """

        def run(
            model: TimedModel,
            hook: Literal["build", "train", "sample"] = "train",
            *,
            steps: int = 100,
            count: int = 1000,
            rounds: int = ROUNDS,
        ) -> Any:
            arguments = {"build": (), "train": (steps,), "sample": (count,)}[hook]
            trial = model.trial
            benchmark.group = f"{trial.model.name} on {trial.data.name}: {hook}"
            benchmark.extra_info |= {"model": trial.model.name, "data": trial.data.name, "steps": steps, "count": count}
            setup = (lambda: model.build() and None) if hook == "train" else None
            return benchmark.pedantic(
                getattr(model, hook), args=arguments, setup=setup, rounds=rounds, warmup_rounds=1
            )  # fmt: skip

        return run


class _Skipped:
    """In the place of `_Benchmark`, so that no `benchmark` is asked for where there is none, or none to be trusted."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @pytest.fixture
    def genbench_benchmark(self) -> None:
        """Skip."""
        pytest.skip(self.reason)


def _is_distributed(config: pytest.Config) -> bool:
    """Whether this is a worker of pytest-xdist, or what gives them work."""
    return hasattr(config, "workerinput") or config.getoption("dist", "no") != "no"
