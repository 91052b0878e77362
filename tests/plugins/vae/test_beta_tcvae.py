"""The divergence in three parts."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench_vae import beta_tcvae


def _posterior(rows: int, width: int, seed: int):
    generator = torch.Generator().manual_seed(seed)
    mean, log_variance, noise = (torch.randn(rows, width, generator=generator, dtype=torch.float64) for _ in range(3))
    return mean + torch.exp(log_variance / 2) * noise, mean, log_variance


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 30), st.integers(1, 5), st.integers(0, 5))
def test_the_parts_sum_to_the_sampled_divergence(rows: int, width: int, seed: int) -> None:
    """Kills: a part with the other's sign; a constant that does not cancel."""
    z, mean, log_variance = _posterior(rows, width, seed)
    normal = torch.distributions.Normal
    expected = normal(mean, torch.exp(log_variance / 2)).log_prob(z) - normal(0.0, 1.0).log_prob(z)
    found = torch.stack(beta_tcvae.parts(z, mean, log_variance, examples=1000)).sum(0)
    torch.testing.assert_close(found, expected.sum(1))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 30), st.integers(0, 5))
def test_one_latent_has_no_correlation(rows: int, seed: int) -> None:
    """Kills: the joint and the product estimated with different constants."""
    found = beta_tcvae.parts(*_posterior(rows, 1, seed), examples=1000)
    torch.testing.assert_close(found.correlation, torch.zeros_like(found.correlation), rtol=0, atol=1e-9)


def test_the_whole_data_set_as_a_batch_gives_the_exact_correlation() -> None:
    """Kills: rows and other rows' posteriors transposed; the sum over latents inside of the logarithm's.

    Codes of variance 1 with correlation .8 have a total correlation of -1/2 log(1 - .64) = .5108; the batch is the data
    set, and its estimate is too high by log n a latent more than one.
    """
    torch.manual_seed(0)
    count = 3000
    first = torch.randn(count)
    mean = torch.stack([first, 0.8 * first + 0.6 * torch.randn(count)], dim=1)
    narrow = torch.full_like(mean, math.log(0.05))
    z = mean + torch.exp(narrow / 2) * torch.randn_like(mean)
    found = beta_tcvae.parts(z, mean, narrow, examples=count).correlation.mean().item() - math.log(count)
    covariance = torch.cov(mean.T) + 0.05 * torch.eye(2)
    exact = 0.5 * (covariance.diagonal().log().sum() - torch.logdet(covariance)).item()
    assert found == pytest.approx(exact, abs=0.06)


def test_the_weights_are_of_their_parts(make_task) -> None:
    """Kills: alpha, beta and gamma in another order."""
    x, noise = torch.rand(16, 1, 8, 8), torch.randn(16, 16)
    bounds = {}
    for name in ("none", "alpha", "beta", "gamma"):
        torch.manual_seed(0)
        weights = dict.fromkeys(("alpha", "beta", "gamma"), 0.0) | ({} if name == "none" else {name: 1.0})
        model = beta_tcvae.build(make_task(), beta_tcvae.Options(**weights))
        with torch.no_grad():
            bounds[name] = beta_tcvae.objective(model, x, noise)
            mean, log_variance = model.posterior(x)
    found = beta_tcvae.parts(mean + torch.exp(log_variance / 2) * noise, mean, log_variance, examples=64)
    for name, part in zip(("alpha", "beta", "gamma"), found, strict=True):
        torch.testing.assert_close(bounds["none"] - bounds[name], part, rtol=1e-3, atol=1e-3)
