"""Linear Gaussian worlds, where every likelihood is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def exact_log_prob() -> Callable[[Callable[[Tensor], Tensor], int, Tensor], Tensor]:
    """Return log N(x; mean, covariance) [n] of x = an affine map of so many standard normal coordinates."""

    def log_prob(affine: Callable[[Tensor], Tensor], coordinates: int, rows: Tensor) -> Tensor:
        with torch.no_grad():
            mean = affine(torch.zeros(1, coordinates, dtype=rows.dtype))[0]
            mixing = affine(torch.eye(coordinates, dtype=rows.dtype)) - mean  # [coordinates, d]
        return torch.distributions.MultivariateNormal(mean, mixing.T @ mixing).log_prob(rows)

    return log_prob
