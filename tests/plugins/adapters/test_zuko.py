"""zuko's densities: they are densities, and those of bytes are probabilities."""

from __future__ import annotations

import math

import pytest
import torch

pytest.importorskip("zuko", reason="zuko is not installed: pip install 'genbench[zuko]'")

from genbench_zuko import models
from genbench_zuko.adapter import Adapter
from genbench_zuko.spaces import Space

ADAPTERS = {name: each for name, each in vars(models).items() if isinstance(each, Adapter)}
QUICK = ("maf", "realnvp")
EVERY = pytest.mark.parametrize(
    "name", [pytest.param(each, marks=() if each in QUICK else pytest.mark.slow) for each in sorted(ADAPTERS)]
)


def _trained(name, task, batches, **options):
    torch.manual_seed(0)
    model = ADAPTERS[name].build(task, ADAPTERS[name].Options(**options)).train()
    ADAPTERS[name].train(model, batches)
    return model.eval()


@EVERY
def test_densities_integrate_to_one(name, make_task, make_batches) -> None:
    """Kills: a Jacobian with the wrong sign; a density of something else than what is drawn."""
    rows = torch.randn(256, 2, generator=torch.Generator().manual_seed(3)) * torch.tensor([1.0, 0.5])
    task = make_task((2,))
    model = _trained(name, task, make_batches(rows, 30))
    edge, count = (60, 1_201) if name == "gmm" else (7, 141)  # its Gaussians begin wide
    axis = torch.linspace(-edge, edge, count)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        found = ADAPTERS[name].log_likelihood(model, grid)
    assert (found.bound, found.measure) == ("exact", "density")
    assert float(found.values.exp().sum()) * (2 * edge / (count - 1)) ** 2 == pytest.approx(1, abs=0.03)


def test_probabilities_of_bytes_sum_to_one(make_task, make_batches) -> None:
    """Kills: a forgotten log 256, a logit without its slope, noise wider than a byte."""
    task = make_task((1, 1, 1))
    rows = torch.randint(256, (64, 1, 1, 1), generator=torch.Generator().manual_seed(1)) / 255
    model = _trained("nsf", task, make_batches(rows, 20))
    every = (torch.arange(256) / 255).view(256, 1, 1, 1).repeat(200, 1, 1, 1)
    with torch.no_grad():
        found = ADAPTERS["nsf"].log_likelihood(model, every)
    assert (found.bound, found.measure) == ("elbo", "pmf256")
    inside = float(found.values.exp().view(200, 256).mean(0).sum())
    assert inside == pytest.approx(1, abs=0.05)  # a few per cent of the flow's mass lie beyond the edges


def test_pixels_come_back(make_task) -> None:
    """Kills: bytes that are off by one, or that two maps treat differently."""
    space = Space(make_task((1, 16, 16)), jitter=0.2)
    x = (torch.arange(256) / 255).view(1, 1, 16, 16)
    y, slope = space.to_reals(space.spread(x))
    torch.testing.assert_close(space.to_examples(y), x)
    inner = space.spread(x).double().requires_grad_()
    y, slope = space.to_reals(inner)
    (gradient,) = torch.autograd.grad(y.sum(), inner)
    assert float(slope[0].detach()) == pytest.approx(float(gradient.log().sum()), rel=1e-6)


def test_only_categories_are_jittered_and_only_in_training(task_of, rows_of) -> None:
    """Kills: a density of noisy rows, reported as one of the rows; noise on numbers."""
    task = task_of("table")
    rows = rows_of(task)
    model = ADAPTERS["gmm"].build(task, ADAPTERS["gmm"].Options())
    noisy = model.space.spread(rows)
    assert torch.equal(noisy[:, 0], rows[:, 0])
    assert 0 < float((noisy[:, 1:] - rows[:, 1:]).abs().max()) <= 0.1
    model.eval()
    with torch.no_grad():
        first, second = (ADAPTERS["gmm"].log_likelihood(model, rows).values for _ in range(2))
    assert torch.equal(first, second)


def test_what_is_learnt_is_drawn(make_task, make_batches) -> None:
    """Kills: samples from the base; a likelihood that goes down."""
    rows = torch.tensor([2.0, -1.0]) + 0.3 * torch.randn(512, 2, generator=torch.Generator().manual_seed(2))
    model = _trained("maf", make_task((2,)), make_batches(rows, 300))
    with torch.no_grad():
        drawn = ADAPTERS["maf"].sample(model, 500)
        nats = float(ADAPTERS["maf"].log_likelihood(model, rows).values.mean())
    assert (drawn.mean(0) - rows.mean(0)).abs().max() < 0.15
    assert nats > -(math.log(2 * math.pi * math.e) + 2 * math.log(0.3)) - 0.3
