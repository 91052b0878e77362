"""The plugin that the README shows: it must run, and stay short."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from types import ModuleType

PATH = Path(__file__).parents[2] / "examples" / "mlp_gan.py"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mlp_gan", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_short() -> None:
    assert len(PATH.read_text().splitlines()) <= 60


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (3, 5, 7)], ids=str)
def test_it_keeps_the_contract(example, shape, make_task, make_batches) -> None:
    """Kills: an example that only ran when it was written."""
    model = example.build(make_task(shape))
    with UpdateCounter(model) as updates:
        example.train(model, make_batches(torch.rand(64, *shape), 4))
    assert updates.counts == {"generator": 4, "discriminator": 4}
    with torch.no_grad():
        drawn = example.sample(model, 3)
    assert drawn.shape == (3, *shape)
    if len(shape) == 3:
        assert drawn.min() >= 0
        assert drawn.max() <= 1
