"""Penalties of gradients against functions whose slopes are known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from genbench_gan.penalties import each_its_own, one_centred, with_squared_slopes, zero_centred

SHAPES = pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (3, 7)], ids=str)


def _linear(shape, length: float) -> nn.Sequential:
    """Return s(x) = w.x + 1 with |w| = length over all coordinates."""
    judge = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), 1))
    with torch.no_grad():
        judge[1].weight.mul_(length / judge[1].weight.norm())
        judge[1].bias.fill_(1.0)
    return judge


@SHAPES
@pytest.mark.parametrize("length", [0.5, 1.0, 2.0])
def test_of_a_linear_function(shape, length) -> None:
    """Kills: a norm over axis 1 alone, or over the batch; a square root left out; a slope of the sigmoid of s."""
    judge, x = _linear(shape, length), torch.randn(6, *shape)
    assert one_centred(judge, x).item() == pytest.approx((length - 1) ** 2, abs=1e-5)
    assert zero_centred(judge, x).item() == pytest.approx(length**2, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.floats(0.1, 3))
def test_of_half_a_square(count, scale) -> None:
    """Kills: one norm for all rows, or a gradient that is divided by their number. s = a|x|^2 / 2 has slope a x."""
    x = torch.randn(count, 2, 3, generator=torch.Generator().manual_seed(count))
    judged, squares = with_squared_slopes(lambda rows: scale * rows.square().flatten(1).sum(1, keepdim=True) / 2, x)
    torch.testing.assert_close(squares, scale**2 * x.square().sum(dim=(1, 2)))
    torch.testing.assert_close(judged[:, 0], scale / 2 * x.square().sum(dim=(1, 2)))


@pytest.mark.parametrize("penalty", [one_centred, zero_centred])
def test_weights_feel_it(penalty) -> None:
    """Kills: a gradient taken without `create_graph`, of which weights learn nothing; a penalty that is detached."""
    judge = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    torch.autograd.backward(penalty(judge, torch.randn(9, 4)))
    assert all(layer.weight.grad.abs().sum() > 0 for layer in (judge[0], judge[2]))


def test_a_flat_function_has_a_gradient() -> None:
    """Kills: a root of 0, whose slope is infinite and whose gradient is NaN."""
    judge = _linear((4,), 1.0)
    nn.init.zeros_(judge[1].weight)
    penalty = one_centred(judge, torch.randn(3, 4))
    torch.autograd.backward(penalty)
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert judge[1].weight.grad.isfinite().all()


def test_slopes_are_of_float32_under_autocast() -> None:
    """Kills: a penalty in bfloat16, which has three digits."""
    judge, x = _linear((4,), 1.001), torch.randn(5, 4)
    with torch.autocast("cpu", torch.bfloat16):
        judged, squares = with_squared_slopes(judge, x)
    assert judged.dtype == squares.dtype == torch.float32
    torch.testing.assert_close(squares, torch.full((5,), 1.001**2), rtol=1e-5, atol=0)


def test_what_comes_before_x_gets_nothing() -> None:
    """Kills: a penalty through which the generator learns."""
    fake = torch.randn(3, 4, requires_grad=True)
    torch.autograd.backward(zero_centred(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1)), fake))
    assert fake.grad is None


@SHAPES
def test_a_share_is_of_a_row(shape) -> None:
    """Kills: a share for each pixel; one share for the whole batch."""
    shares = each_its_own(torch.zeros(9, *shape))
    assert shares.shape == (9, *[1] * len(shape))
    assert len(shares.unique()) == 9
    assert 0 <= shares.min() <= shares.max() < 1
