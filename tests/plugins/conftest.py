"""Tasks of every kind without data, streams without a trial, and the models that come with genbench."""

from __future__ import annotations

import copy
import importlib.util
import os
from typing import TYPE_CHECKING, Any

import pytest
import torch

from genbench import Task
from genbench.batches import Batches
from genbench.feed import Feed
from genbench.meter import Meter
from genbench.plugins import find_all, load
from genbench.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

ALWAYS, SHARE, RARELY = ("vae", "gan"), 8, 32  # the last of models of other libraries
TODAY = int(os.environ["GENBENCH_TEST_DAY"])
MODELS = {
    each.name: each
    for each in find_all("genbench.models")
    if each.distribution.startswith("genbench ") and not each.needs and importlib.util.find_spec(each.importable)
}
SMALLEST = {"points": (2,), "table": (4,), "image": (1, 8, 8), "wave": (1, 64), "tokens": (8,)}
CLASSES = 5  # tokens
SCHEMA = {
    "columns": [
        {"name": "length", "kind": "number", "categories": [], "start": 0, "stop": 1},
        {"name": "species", "kind": "category", "categories": ["a", "b", "c"], "start": 1, "stop": 4},
    ],
    "target": "species",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give what is marked `every_model` each built-in model with each kind that it supports.

    The quick suite takes the two models that runs begin with and an eighth of the others, another one every day; of the
    models of other libraries a thirty-second part.
    """
    if metafunc.definition.get_closest_marker("every_model") is None:
        return
    if "kind" not in metafunc.fixturenames:
        metafunc.parametrize("name", sorted(MODELS))
        return
    metafunc.parametrize(
        ("name", "kind"),
        [
            pytest.param(name, kind, id=f"{name}-{kind}", marks=() if _is_todays(place, name) else pytest.mark.slow)
            for place, name in enumerate(sorted(MODELS))
            for kind in _kinds(name)
        ],
    )


def _is_todays(place: int, name: str) -> bool:
    share = RARELY if "." in name else SHARE
    return name in ALWAYS or place % share == TODAY % share


def _kinds(name: str) -> list[str]:
    kinds = load(MODELS[name]).module.kinds()
    return [*kinds, "table"] if "points" in kinds else list(kinds)


@pytest.fixture
def plugin(name: str) -> Any:
    """Return the module of a built-in model, or the object that has its hooks."""
    return load(MODELS[name]).module


@pytest.fixture
def task(task_of: Callable[..., Task], kind: str) -> Task:
    """Describe the smallest task of a kind."""
    return task_of(kind)


@pytest.fixture
def make_task() -> Callable[..., Task]:
    """Describe a task of images, or of points where the shape has one side."""

    def make(shape: tuple[int, ...] = (1, 8, 8), **changes: Any) -> Task:
        fields = {
            "kind": "points" if len(shape) == 1 else "image", "shape": shape, "dtype": torch.float32, "classes": None,
            "labelled": False, "examples": 64, "batch_size": 16, "schema": None, "device": torch.device("cpu"),
            "precision": "fp32", "compile": False, "seed": 0, "budget": "4steps",
        }  # fmt: skip
        return Task(**(fields | changes))

    return make


@pytest.fixture
def task_of(make_task) -> Callable[..., Task]:
    """Describe the smallest task of a kind; `table` is a kind of points."""

    def make(kind: str, **changes: Any) -> Task:
        special = {
            "table": {"kind": "points", "schema": SCHEMA},
            "wave": {"kind": "wave"},
            "tokens": {"kind": "tokens", "dtype": torch.int64, "classes": CLASSES},
        }
        return make_task(SMALLEST[kind], **(special.get(kind, {}) | changes))

    return make


@pytest.fixture
def rows_of() -> Callable[..., torch.Tensor]:
    """Draw rows [count, *shape] that are in the range of a task's kind."""

    def draw(task: Task, count: int = 64) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        if task.kind == "tokens":
            return torch.randint(task.classes, (count, *task.shape), generator=generator)
        if task.schema is not None:
            species = torch.eye(3)[torch.randint(3, (count,), generator=generator)]
            return torch.cat([torch.randn(count, 1, generator=generator), species], dim=1)
        rows = torch.rand(count, *task.shape, generator=generator)
        return {"points": 4 * rows - 2, "wave": rows - 0.5, "image": (255 * rows).round() / 255}[task.kind]

    return draw


@pytest.fixture
def make_stream() -> Callable[..., Stream]:
    """Open a stream over rows that ends after `steps` hand-outs, as a trial does."""

    def make(rows: torch.Tensor, steps: int, size: int = 16, **changes: Any) -> Stream:
        meter = Meter(lambda: None)
        meter.start()
        feed = Feed(rows, None, size=size, generator=torch.Generator().manual_seed(0), device=torch.device("cpu"))
        return Stream(feed, meter, hand_outs=steps, photograph=lambda mark, seconds: None, **changes)

    return make


@pytest.fixture
def make_batches(make_stream: Callable[..., Stream]) -> Callable[..., Batches]:
    """The same as what `train` takes."""
    return lambda *arguments: Batches(make_stream(*arguments))


class Halfway:
    """Keeps a training in memory at its one mark, and gives it to another model."""

    def __init__(self) -> None:
        self.model = self.stream = None  # of the attempt at hand
        self.state: dict[str, Any] = {}

    def is_due(self) -> bool:
        return False

    def save(self, kept, seconds: float) -> None:
        if not self.state:
            states = {name: each.state_dict() for name, each in {**kept, "": self.model}.items()}
            self.state = copy.deepcopy({"all": states, "noise": torch.get_rng_state(), "at": self.stream.state_dict()})

    def holds(self, asked) -> bool:
        return bool(self.state)

    def restore(self, kept, asked) -> float:
        assert self.state["all"].keys() == {*kept, ""}
        for name, each in {**kept, "": self.model}.items():
            each.load_state_dict(copy.deepcopy(self.state["all"][name]))
        torch.set_rng_state(self.state["noise"])
        self.stream.load_state_dict(self.state["at"])
        return 0.0


@pytest.fixture
def halves(make_stream) -> Callable[..., list[dict[str, torch.Tensor]]]:
    """Train at once, and in two attempts of which the second goes on from the first's middle; return both weights."""

    def train(build: Callable[[], Any], plugin: Any, rows: torch.Tensor, steps: int = 6) -> list[dict[str, Any]]:
        keeper, found = Halfway(), []
        for seed in (2, 3):  # the second attempt's own noise must not matter
            keeper.model = build()
            keeper.stream = make_stream(rows, steps, marks=(0.5,), keeper=keeper)
            torch.manual_seed(seed)
            plugin.train(keeper.model, Batches(keeper.stream))
            found.append(keeper.model.state_dict())
        assert keeper.stream.handed == steps
        return found

    return train
