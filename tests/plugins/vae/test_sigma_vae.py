"""The variance that is best for a batch, and the one that is used afterwards."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from genbench_vae import sigma_vae


@pytest.fixture
def model(make_task):
    torch.manual_seed(0)
    built = sigma_vae.build(make_task((3,)), sigma_vae.Options(latent=2))
    for parameter in built.encoder.parameters():
        nn.init.zeros_(parameter)
    return built


def test_the_variance_is_the_mean_squared_error(model) -> None:
    """Kills: errors summed over coordinates; the standard deviation for the variance.

    At its best variance a normal likelihood is -D/2 (log(2 pi MSE) + 1), and no other variance does better.
    """
    x, noise = torch.randn(50, 3), torch.randn(50, 2)
    with torch.no_grad():
        errors = (x - model.decoder.mean(noise)).square()
        bound = sigma_vae.objective(model, x, noise).mean().item()  # the divergence is 0
        expected = -1.5 * (math.log(2 * math.pi * errors.mean().item()) + 1)
        assert bound == pytest.approx(expected, rel=1e-5)
        for factor in (0.8, 1.25):
            model.decoder.log_variance.fill_(math.log(factor * errors.mean().item()))
            assert model.decoder.log_prob(x, noise).mean().item() < bound


def test_samples_use_the_variance_of_the_last_batches(make_task, make_batches) -> None:
    """Kills: a variance that stays where it started, or that the optimiser moves too."""
    torch.manual_seed(0)
    model = sigma_vae.build(make_task((2,)), sigma_vae.Options(latent=1))
    rows = torch.randn(256, 2)
    sigma_vae.train(model, make_batches(rows, 600, 64))
    with torch.no_grad():
        mean, log_variance = model.posterior(rows)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        error = (rows - model.decoder.mean(z)).square().mean().item()
    assert model.decoder.log_variance.exp().item() == pytest.approx(error, rel=0.25)
    assert not model.decoder.log_variance.requires_grad


def test_the_variance_takes_part_in_the_gradient(model) -> None:
    """Kills: the best variance detached, under which gradients fade as errors do: its logarithm's is 1 / MSE."""
    x, noise = torch.randn(50, 3), torch.randn(50, 2)
    sigma_vae.objective(model, x, noise).mean().backward()
    found = next(model.decoder.network.parameters()).grad.clone()
    model.zero_grad()
    errors = (x - model.decoder.mean(noise)).square()
    (-1.5 * errors.mean().log()).backward()
    torch.testing.assert_close(found, next(model.decoder.network.parameters()).grad, rtol=1e-4, atol=1e-6)
