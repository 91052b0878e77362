"""The hierarchy of latents: divergences in closed form, exact likelihoods of a linear ladder, no group unused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from genbench_vae import hvae
from genbench_vae.likelihoods import Gaussian
from genbench_vae.rungs import Rung, infer

if TYPE_CHECKING:
    from genbench import Task

DIMENSIONS, ROWS = 5, 64


def test_a_posterior_at_its_prior_costs_nothing() -> None:
    """Kills: residuals that are added to a scale of 1 in the place of the prior's."""
    mean, log_variance, noise = torch.randn(3, 4, 2), torch.randn(3, 4, 2), torch.randn(3, 4, 2)
    found = infer(mean, log_variance, torch.zeros_like(mean), torch.zeros_like(mean), noise)
    assert torch.equal(found.divergence, torch.zeros(3))
    assert torch.equal(found.log_ratio, torch.zeros(3))
    assert torch.equal(found.z, mean + torch.exp(log_variance / 2) * noise)


def test_the_divergence_is_that_of_two_normals() -> None:
    """Kills: a shift that is not measured in the prior's deviations; rescale taken for a deviation; a mean."""
    torch.manual_seed(0)
    mean, log_variance, shift, rescale, noise = torch.randn(5, 7, 3, 2).double()
    p = torch.distributions.Normal(mean, torch.exp(log_variance / 2))
    q = torch.distributions.Normal(mean + shift, torch.exp((log_variance + rescale) / 2))
    found = infer(mean, log_variance, shift, rescale, noise)
    torch.testing.assert_close(found.divergence, torch.distributions.kl_divergence(q, p).flatten(1).sum(1))
    torch.testing.assert_close(found.z, q.mean + q.stddev * noise)
    torch.testing.assert_close(found.log_ratio, (p.log_prob(found.z) - q.log_prob(found.z)).flatten(1).sum(1))


@pytest.mark.parametrize("shape", [(2,), (1, 12, 12)], ids=str)
@pytest.mark.parametrize("groups", [2, 4])
def test_a_model_without_residuals_infers_its_prior(shape, groups, make_task) -> None:
    """Kills: priors that see another state when inferring than when drawing; groups that are not made."""
    model = hvae.build(make_task(shape), hvae.Options(groups=groups)).eval()
    noise = model.noise(3)
    with torch.no_grad():
        for rung in model.rungs:
            nn.init.zeros_(rung.residual[-1].weight)
            nn.init.zeros_(rung.residual[-1].bias)
        found = model.descend(model.encoder(torch.rand(3, *shape)), noise)
        torch.testing.assert_close(found.state, model.drawn(noise))
    assert torch.equal(found.divergences, torch.zeros(3, groups))
    assert torch.equal(found.log_ratio, torch.zeros(3))


class Affine(nn.Linear):
    """Means that are linear in the state, and log variances that are the same for all."""

    def forward(self, x: Tensor) -> Tensor:
        mean, log_variance = super().forward(x).chunk(2, dim=1)
        return torch.cat([mean, (0 * log_variance + self.bias.chunk(2)[1]).clamp(-1, 1)], dim=1)


def _linear(task: Task) -> hvae.Hvae:
    """Two groups, of 2 and 3 latents, under a state of 4."""
    torch.manual_seed(0)
    model = hvae.build(task, hvae.Options(groups=2, iwae_samples=4000, warm_up=0))
    still = nn.Linear(4, 4)
    nn.init.zeros_(still.weight)
    nn.init.zeros_(still.bias)
    high = Rung((2,), prior=None, residual=Affine(4, 4), merge=nn.Linear(2, 4), mix=still)
    low = Rung((3,), prior=Affine(4, 6), residual=Affine(8, 6), merge=nn.Linear(3, 4), mix=still)
    model.rungs, model.start, model.latent = nn.ModuleList([high, low]), (4,), 5
    model.encoder.trunk, model.encoder.steps[0] = nn.Linear(DIMENSIONS, 4), nn.Linear(4, 4)
    model.decoder = Gaussian(nn.Linear(4, DIMENSIONS), "points")
    nn.init.constant_(model.decoder.log_variance, math.log(0.5))
    for rung in model.rungs:
        nn.init.normal_(rung.residual.weight, std=0.1)
    return model.double().eval()


def test_bounds_stay_below_the_exact_likelihood_of_a_linear_ladder(make_task, exact_log_prob) -> None:
    """Kills: a group's divergence left out; noise of one group for another's; log-ratios of one group alone."""
    model = _linear(make_task((DIMENSIONS,)))
    high, low = model.rungs

    def affine(noise: Tensor) -> Tensor:
        """The ladder written out: z_1 ~ N(0, I), z_2 ~ N(A z_1, s), x ~ N(B (z_1, z_2), 1/2)."""
        first, second, own = noise.split([2, 3, DIMENSIONS], dim=1)
        state = high.merge(first)
        mean, log_variance = low.prior(state).chunk(2, dim=1)
        state = state + low.merge(mean + torch.exp(log_variance / 2) * second)
        return model.decoder.network(state) + math.sqrt(0.5) * own

    torch.manual_seed(1)
    with torch.no_grad():
        rows = affine(torch.randn(ROWS, 5 + DIMENSIONS, dtype=torch.float64))
        exact = exact_log_prob(affine, 5 + DIMENSIONS, rows)
        repeated = rows.repeat(400, 1)
        evidence = hvae.objective(model, repeated, torch.randn(len(repeated), 5, dtype=torch.float64)).mean()
        model.noise = lambda *counts: torch.randn(*counts, 5, dtype=torch.float64)
        importance = hvae.log_likelihood(model, rows)
    assert importance.bound == "iwae@4000"
    assert evidence < exact.mean() - 0.05
    assert evidence < importance.values.mean()
    assert importance.values.mean().item() == pytest.approx(exact.mean().item(), abs=0.02)


def test_samples_follow_the_priors(make_task) -> None:
    """Kills: groups drawn from N(0, I) in the place of their priors given the groups above."""
    model = _linear(make_task((DIMENSIONS,)))
    noise = torch.randn(7, 5, dtype=torch.float64)
    high, low = model.rungs
    with torch.no_grad():
        state = high.merge(noise[:, :2])
        mean, log_variance = low.prior(state).chunk(2, dim=1)
        expected = state + low.merge(mean + torch.exp(log_variance / 2) * noise[:, 2:])
        torch.testing.assert_close(model.drawn(noise), expected)


def test_free_bits_are_of_a_group(make_task) -> None:
    """Kills: free bits for every latent, of which a group has many; free bits of a row in the place of the batch's."""
    model = hvae.build(make_task((2,)), hvae.Options(groups=2, free_bits=0.5))
    charged = model.charged(torch.tensor([[0.1, 2.0], [0.3, 4.0]]))
    torch.testing.assert_close(charged, torch.tensor([0.5 + 3.0]))


def test_every_group_is_used(make_task, make_batches) -> None:
    """Kills: groups whose posteriors stay at their priors (no free bits; a state that the decoder does not get)."""
    digits = pytest.importorskip("sklearn.datasets").load_digits().images[:997, None] / 16
    rows = torch.from_numpy(digits).float()
    torch.manual_seed(0)
    model = hvae.build(make_task(batch_size=64), hvae.Options())
    hvae.train(model, make_batches(rows, 200, 64))
    with torch.no_grad():
        found = model.descend(model.encoder(rows), model.noise(len(rows)))
    assert found.divergences.mean(dim=0).min() > 0.1
