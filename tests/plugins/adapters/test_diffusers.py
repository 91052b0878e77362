"""diffusers' DDPM: images of any sides, an average that lags, and never a connection."""

from __future__ import annotations

import socket

import pytest
import torch
from torch import nn

pytest.importorskip("diffusers", reason="diffusers is not installed: pip install 'genbench[diffusers]'")

from genbench_diffusers import ddpm


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Refuse every connection."""

    def refuse(*given):
        raise AssertionError("something is being fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def _trained(task, batches, **options):
    torch.manual_seed(0)
    model = ddpm.build(task, ddpm.Options(**({"channels": 8, "steps": 3} | options)))
    ddpm.train(model.train(), batches)
    return model.eval()


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 14), (1, 5, 28)], ids=str)
def test_images_of_any_sides(make_task, rows_of, make_batches, shape) -> None:
    """Kills: sides that the network cannot halve; a margin that comes out with the picture."""
    task = make_task(shape)
    rows = rows_of(task)
    model = _trained(task, make_batches(rows, 2))
    with torch.no_grad():
        drawn = ddpm.sample(model, 3, "ema")
    assert drawn.shape == (3, *shape)
    assert 0 <= drawn.min() <= drawn.max() <= 1
    torch.testing.assert_close(model.cropped(model.padded(rows)), rows)
    assert min(model.padded(rows).shape[2:]) >= 8


def test_the_average_lags_behind(make_task, rows_of, make_batches) -> None:
    """Kills: an average that is a copy, or that the library keeps where no photograph sees it."""
    task = make_task()
    model = _trained(task, make_batches(rows_of(task), 6), learning_rate=1e-2)
    start = _trained(task, make_batches(rows_of(task), 0))
    origin = nn.utils.parameters_to_vector(start.network.parameters()).detach()
    distances = [
        float((nn.utils.parameters_to_vector(each.parameters()).detach() - origin).norm())
        for each in (model.average, model.network)
    ]
    assert 0 < distances[0] < distances[1]
    with torch.no_grad():
        torch.manual_seed(1)
        averaged = ddpm.sample(model, 2, "ema")
        torch.manual_seed(1)
        assert not torch.equal(averaged, ddpm.sample(model, 2, "raw"))


def test_every_step_may_be_taken(make_task, rows_of, make_batches) -> None:
    """Kills: an option that names a sampler which is never used."""
    task = make_task()
    model = _trained(task, make_batches(rows_of(task), 1), timesteps=12, sampler="ddpm")
    calls = []
    model.average.register_forward_pre_hook(lambda module, given: calls.append(given[1]))
    with torch.no_grad():
        drawn = ddpm.sample(model, 2, "ema")
    assert len(calls) == 12
    assert drawn.isfinite().all()


@pytest.mark.slow
def test_samples_are_no_noise(make_task, make_batches) -> None:
    """Kills: a sampler that walks the wrong way."""
    pattern = (torch.arange(64).view(1, 8, 8) % 3 == 0).float()
    rows = pattern.repeat(64, 1, 1, 1)
    model = _trained(make_task(), make_batches(rows, 250), channels=16, steps=10)
    with torch.no_grad():
        drawn = ddpm.sample(model, 16, "ema")
    assert (drawn - pattern).abs().mean() < (torch.rand(16, 1, 8, 8) - pattern).abs().mean() / 2
