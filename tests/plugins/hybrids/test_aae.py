"""Adversarial autoencoders after training: codes are like the prior, and still tell rows apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from genbench.metrics.energy import energy
from genbench_hybrids import aae

LATENT, DEALS = 4, 199


def _p_of_equality(first: np.ndarray, second: np.ndarray) -> float:
    """Return how often a deal of both sides' rows in two is as far apart as they are: the energy test's p."""
    rng, pool = np.random.default_rng(0), np.concatenate([first, second])
    found = energy(first, second).value
    deals = [np.split(pool[rng.permutation(len(pool))], [len(first)]) for _ in range(DEALS)]
    return (1 + sum(energy(*deal).value >= found for deal in deals)) / (1 + DEALS)


@pytest.mark.slow
def test_codes_of_new_digits_are_like_the_prior_and_keep_more_than_principal_components(make_task, make_batches):
    """Kills: prior and codes changed about, an encoder that fools nobody, a reconstruction that is not learnt.

    Measured: p .25 and 1.36 against 2.44; with the fooling left out the p is .005, the least there is.
    """
    digits = torch.from_numpy(load_digits().data).float().reshape(-1, 1, 8, 8) / 16
    train, fresh = digits[torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))].split([1200, 597])
    torch.manual_seed(0)
    model = aae.build(make_task(batch_size=128, examples=1200), aae.Options(latent=LATENT)).train()
    aae.train(model, make_batches(train, 4000, 128))
    model.eval()
    with torch.no_grad():
        codes = model.codes(fresh)
        error = (model.decoded(codes) - fresh).square().flatten(1).sum(1).mean().item()
        prior = model.prior(torch.randn(codes.shape))
    assert _p_of_equality(codes.numpy(), prior.numpy()) > 0.01
    components = PCA(LATENT).fit(train.flatten(1))
    kept = components.inverse_transform(components.transform(fresh.flatten(1)))
    assert error < np.square(kept - fresh.flatten(1).numpy()).sum(1).mean()


def test_codes_that_are_draws_from_the_prior_are_not_told(make_task) -> None:
    """Kills: a prior that the discriminator sees in another width than samples are drawn from."""
    torch.manual_seed(0)
    model = aae.build(make_task((2,)), aae.Options(latent=2, prior_sd=3.0)).train()
    model.encoder = torch.nn.Identity()
    adam = torch.optim.Adam(model.discriminator.parameters(), lr=1e-3)
    for _ in range(300):
        adam.zero_grad()
        aae.discriminator_objective(model, 3 * torch.randn(128, 2), model.noise(256)).backward()
        adam.step()
    with torch.no_grad():
        real = model.logits(model.prior(model.noise(4096)))
        fake = model.logits(model.codes(3 * torch.randn(4096, 2)))
    assert float(((real > 0).sum() + (fake <= 0).sum()) / 8192) == pytest.approx(0.5, abs=0.03)
