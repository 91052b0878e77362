"""Penalties of a discriminator's gradient with respect to its inputs; each a function of s, not of its sigmoid.

The gradient is taken in float32 whatever the task's precision, and its norm over all axes of a row. A penalty has a
gradient with respect to the weights: it is differentiated twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

TINY = 1e-12  # inside the root, whose slope at 0 is infinite


def with_squared_slopes(judge: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Return s(x) [n, 1] and |grad_x s(x)|^2 [n], both in float32.

    Args:
        judge: s; a row's value must not depend on other rows.
        x: [n, *shape].
    """
    x = x.detach().float().requires_grad_()
    with torch.autocast(x.device.type, enabled=False):
        judged = judge(x)
        (slope,) = torch.autograd.grad(judged.sum(), x, create_graph=True)
    return judged, slope.flatten(1).square().sum(dim=1)


def zero_centred(judge: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return E |grad s(x)|^2 (Mescheder, Geiger & Nowozin, 2018, arXiv 1801.04406, equation 9, without gamma / 2)."""
    return with_squared_slopes(judge, x)[1].mean()


def one_centred(judge: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return E (|grad s(x)| - 1)^2 (Gulrajani et al., 2017, arXiv 1704.00028, equation 3, without lambda)."""
    squares = with_squared_slopes(judge, x)[1]
    return ((squares + TINY).sqrt() - 1).square().mean()


def each_its_own(x: Tensor) -> Tensor:
    """Return one draw from U(0, 1) for each row of x [n, ...]: [n, 1, ...]."""
    return torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device)
