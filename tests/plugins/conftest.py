"""Tasks without data and streams without a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from genbench import Task
from genbench.batches import Batches
from genbench.feed import Feed
from genbench.meter import Meter
from genbench.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable


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
def make_stream() -> Callable[..., Stream]:
    """Open a stream over rows that ends after `steps` hand-outs, as a trial does."""

    def make(rows: torch.Tensor, steps: int, size: int = 16) -> Stream:
        meter = Meter(lambda: None)
        meter.start()
        feed = Feed(rows, None, size=size, generator=torch.Generator().manual_seed(0), device=torch.device("cpu"))
        return Stream(feed, meter, hand_outs=steps, photograph=lambda mark, seconds: None)

    return make


@pytest.fixture
def make_batches(make_stream: Callable[..., Stream]) -> Callable[..., Batches]:
    """The same as what `train` takes."""
    return lambda *arguments: Batches(make_stream(*arguments))
