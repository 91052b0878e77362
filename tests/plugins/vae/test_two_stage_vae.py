"""The two-stage VAE: stages that leave each other alone, and the exact likelihood of a linear pair."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from genbench.updates import UpdateCounter
from genbench_vae import two_stage_vae
from genbench_vae.likelihoods import Gaussian

if TYPE_CHECKING:
    from genbench import Task

DIMENSIONS, LATENT, ROWS = 4, 2, 64


def _linear(task: Task) -> two_stage_vae.TwoStage:
    torch.manual_seed(0)
    model = two_stage_vae.build(task, two_stage_vae.Options(latent=LATENT, iwae_samples=8000))
    for stage, inputs in ((model.first, DIMENSIONS), (model.second, LATENT)):
        stage.encoder = nn.Linear(inputs, 2 * LATENT)
        nn.init.normal_(stage.encoder.weight, std=0.1)
        stage.decoder = Gaussian(nn.Linear(LATENT, inputs), "points")
        nn.init.constant_(stage.decoder.log_variance, math.log(0.5))
    return model.double().eval()


def test_the_bound_reaches_the_exact_likelihood_from_below(make_task, exact_log_prob) -> None:
    """Kills: the first stage's N(0, I) as prior of z; p(z|u) or q(u|z) left out; noise shared by the stages."""
    model = _linear(make_task((DIMENSIONS,)))

    def affine(noise: Tensor) -> Tensor:
        """u, then z, then x, written out."""
        u, of_z, of_x = noise.split([LATENT, LATENT, DIMENSIONS], dim=1)
        z = model.second.decoder.network(u) + math.sqrt(0.5) * of_z
        return model.first.decoder.network(z) + math.sqrt(0.5) * of_x

    coordinates = 2 * LATENT + DIMENSIONS
    torch.manual_seed(1)
    with torch.no_grad():
        rows = affine(torch.randn(ROWS, coordinates, dtype=torch.float64))
        exact = exact_log_prob(affine, coordinates, rows)
        model.noise = lambda *counts: torch.randn(*counts, 2 * LATENT, dtype=torch.float64)
        found = two_stage_vae.log_likelihood(model, rows)
        single = model.log_weights(rows, model.noise(200, ROWS)).mean()
    assert (found.bound, found.measure) == ("iwae@8000", "density")
    assert single < exact.mean() - 0.05
    assert found.values.mean().item() == pytest.approx(exact.mean().item(), abs=0.02)


def test_samples_come_by_way_of_the_second_stage(make_task) -> None:
    """Kills: z drawn from N(0, I), as if there were no second stage; z without the second stage's variance."""
    model = _linear(make_task((DIMENSIONS,))).float()
    torch.manual_seed(0)
    with torch.no_grad():
        drawn = two_stage_vae.sample(model, 200_000)
        second, first = (stage.decoder.network for stage in (model.second, model.first))
        of_z = second.weight @ second.weight.T + 0.5 * torch.eye(LATENT)
        of_x = first.weight @ of_z @ first.weight.T + 0.5 * torch.eye(DIMENSIONS)
    torch.testing.assert_close(torch.cov(drawn.T), of_x, rtol=0.05, atol=0.02)
    torch.testing.assert_close(drawn.mean(0), first(second.bias).detach(), rtol=0.05, atol=0.02)


def test_neither_stage_learns_by_the_other(make_task, make_batches) -> None:
    """Kills: z that carries the second stage's gradient into the first; one optimiser that counts for both."""
    rows = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    states = []
    for width in (16, 32):
        torch.manual_seed(0)
        model = two_stage_vae.build(make_task(), two_stage_vae.Options(second_width=width))
        torch.manual_seed(1)
        two_stage_vae.train(model, make_batches(rows, 6))
        states.append(model.first.state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    loss, z = two_stage_vae._step(
        two_stage_vae.objective, model.first, torch.optim.Adam(model.first.parameters()), rows
    )
    assert not z.requires_grad
    model.zero_grad()
    two_stage_vae.objective(model.second, z, model.second.noise(len(z)))[0].mean().backward()
    assert all(each.grad is None for each in model.first.parameters())
    assert all(each.grad is not None for each in model.second.parameters())
    assert loss.isfinite()


@pytest.mark.parametrize("staging", ["together", "staged"])
def test_each_stage_has_its_updates(staging, make_task, make_batches) -> None:
    """Kills: a first stage that goes on while the staged second learns; hand-outs that are not used."""
    model = two_stage_vae.build(make_task(), two_stage_vae.Options(staging=staging))
    with UpdateCounter(model) as updates:
        two_stage_vae.train(model, make_batches(torch.rand(64, 1, 8, 8), 8))
    assert updates.counts == ({"first": 4, "second": 4} if staging == "staged" else {"first": 8, "second": 8})


def test_the_second_stage_is_as_wide_as_asked(make_task) -> None:
    model = two_stage_vae.build(make_task((2,)), two_stage_vae.Options(latent=3, second_width=7))
    assert (model.latent, model.second.latent) == (6, 3)
    assert {each.shape[0] for each in model.second.parameters() if each.ndim == 2} == {7, 6, 3}


def test_the_second_stage_finds_what_the_prior_misses(make_task, make_batches) -> None:
    """Kills: a second stage that is trained on another z than the first one's; that is not trained at all."""
    rows = torch.randn(256, 2, generator=torch.Generator().manual_seed(0))
    rows = rows.sign() + 0.05 * rows  # four clusters
    torch.manual_seed(0)
    model = two_stage_vae.build(make_task((2,)), two_stage_vae.Options())
    two_stage_vae.train(model, make_batches(rows, 150, 64))
    with torch.no_grad():
        z = model.codes(rows)
        drawn = model.second.decoder.draw(model.second.noise(2000))
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(z.T), rtol=0.5, atol=0.3)
