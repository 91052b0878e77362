"""What tests of the adversarial family share."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable


class Shifted(nn.Module):
    """A generator of N(mean, deviation^2): the first coordinate of the noise, moved."""

    def __init__(self, mean: float, deviation: float = 1.0) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(mean))
        self.deviation = deviation

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        return self.mean + self.deviation * noise[:, :1]


@pytest.fixture
def facing(make_task) -> Callable[..., Any]:
    """Build a model of one coordinate whose generator is N(mean, deviation^2)."""

    def build(name: str, mean: float, deviation: float = 1.0, **options: Any) -> Any:
        plugin = importlib.import_module(f"genbench_gan.{name}")
        torch.manual_seed(0)
        model = plugin.build(make_task((1,)), plugin.Options(**options))
        model.generator = Shifted(mean, deviation)
        return model

    return build


@pytest.fixture(scope="session")
def quantiles() -> tuple[torch.Tensor, torch.Tensor]:
    """Return P = N(0, 1) and Q = N(1, 1.2^2) as 20,000 equally likely places each, [n, 1]."""
    base = torch.from_numpy(stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000))[:, None]
    return base, 1 + 1.2 * base


@pytest.fixture(scope="session")
def log_ratio() -> Callable[[torch.Tensor], torch.Tensor]:
    """Return log p - log q of those two, as a function of x."""
    return lambda x: -x.square() / 2 + (x - 1).square() / 2.88 + math.log(1.2)
