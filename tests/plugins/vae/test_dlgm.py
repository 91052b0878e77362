"""Deep latent Gaussian models: the posterior's algebra, the plain model as a special case, and exact likelihoods."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from genbench_vae import dlgm, vae
from genbench_vae.bounds import likelihood_bound
from genbench_vae.ladder import layer_sizes
from genbench_vae.likelihoods import Gaussian
from genbench_vae.rank_one import Posterior

if TYPE_CHECKING:
    from genbench import Task

DIMENSIONS, ROWS = 5, 64
numbers = st.floats(-3, 3, allow_nan=False, width=32)


@st.composite
def posteriors(draw: st.DrawFn) -> Posterior:
    size = draw(st.integers(1, 5))
    rows = [draw(st.lists(numbers, min_size=size, max_size=size)) for _ in range(3)]
    if draw(st.booleans()):
        rows[2] = [0.0] * size  # where the paper's form divides 0 by 0
    return Posterior(*(torch.tensor([row], dtype=torch.float64) for row in rows))


def _covariance(q: Posterior) -> torch.Tensor:
    assert q.direction is not None
    return torch.linalg.inv(torch.diag(torch.exp(-q.log_variance[0])) + torch.outer(q.direction[0], q.direction[0]))


@settings(deadline=None)
@given(posteriors())
def test_draws_have_the_inverse_of_the_precision(q) -> None:
    """Kills: (1 - eta) for eta / (1 + sqrt eta); D^-1/2 u for D^-1 u; a division by u' D^-1 u."""
    root = q.at(torch.eye(q.mean.shape[1], dtype=torch.float64)[:, None]).squeeze(1) - q.mean  # rows: R e_j
    torch.testing.assert_close(root.T @ root, _covariance(q), rtol=1e-6, atol=1e-9)
    assert q.log_determinant().item() == pytest.approx(torch.logdet(_covariance(q)).item(), abs=1e-6)


@settings(deadline=None)
@given(posteriors())
def test_the_divergence_is_that_of_two_normals(q) -> None:
    """Kills: the determinant's sign; a trace of D^-1 for that of C; log eta counted once a latent."""
    size = q.mean.shape[1]
    prior = torch.distributions.MultivariateNormal(torch.zeros(size).double(), torch.eye(size).double())
    exact = torch.distributions.kl_divergence(torch.distributions.MultivariateNormal(q.mean, _covariance(q)), prior)
    torch.testing.assert_close(q.divergences().sum(dim=1), exact, rtol=1e-6, atol=1e-6)


def test_gradients_of_an_expectation() -> None:
    """Kills: a deviation of exp(log variance): E x^4 has the gradients 12.292 and 10.74 (Bonnet's and Price's)."""
    torch.manual_seed(0)
    mean, variance = torch.tensor([[0.7]], requires_grad=True), torch.tensor([[1.3]], requires_grad=True)
    noise = torch.randn(1_000_000, 1, 1)
    Posterior(mean, variance.log()).at(torch.cat([noise, -noise])).pow(4).mean().backward()
    assert mean.grad.item() == pytest.approx(12.292, rel=0.01)
    assert variance.grad.item() == pytest.approx(10.74, rel=0.01)


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_one_layer_is_the_plain_model_to_the_last_bit(shape, make_task, make_batches) -> None:
    """Kills: a G_1 in the one layer; networks made in another order; warm-up where there is no layer above."""
    rows = torch.rand(64, *shape, generator=torch.Generator().manual_seed(1))
    found = []
    for plugin, options in ((vae, vae.Options()), (dlgm, dlgm.Options(layers=1))):
        torch.manual_seed(0)
        model = plugin.build(make_task(shape), options)
        losses = []
        batches = make_batches(rows, 12)
        batches._stream.curves.add = lambda step, name, value, losses=losses: losses.append(value.detach().clone())
        plugin.train(model, batches)
        model.eval()
        with torch.no_grad():
            found.append((model.state_dict(), losses, plugin.sample(model, 5)))
    (plain, first_losses, first), (deep, second_losses, second) = found
    assert list(plain) == list(deep)
    assert all(torch.equal(value, deep[name]) for name, value in plain.items())
    assert len(first_losses) == 12
    assert all(map(torch.equal, first_losses, second_losses))
    assert torch.equal(first, second)


def _linear(task: Task, covariance: str = "rank1") -> dlgm.Dlgm:
    """Two layers, of 3 and 2 latents, whose maps are linear."""
    model = dlgm.build(task, dlgm.Options(latent=3, layers=2, covariance=covariance, iwae_samples=4000))
    torch.manual_seed(0)
    model.encoder = nn.Linear(DIMENSIONS, (3 if covariance == "rank1" else 2) * 5)
    model.decoder.ladder.lifts[0] = nn.Linear(2, 3)
    model.decoder.lowest = Gaussian(nn.Linear(3, DIMENSIONS), "points")
    with torch.no_grad():
        model.encoder.weight.mul_(0.3)
        model.decoder.lowest.log_variance.fill_(math.log(0.5))
    return model.double().eval()


def _rows_and_exact(model: dlgm.Dlgm, exact_log_prob) -> tuple[torch.Tensor, torch.Tensor]:
    first, second = (layer.weight for layer in model.decoder.ladder.noises)
    lift, lowest = model.decoder.ladder.lifts[0], model.decoder.lowest

    def affine(noise: torch.Tensor) -> torch.Tensor:
        """T(G_2 xi_2) + G_1 xi_1 through the lowest layer, and the noise of x, written out."""
        low, high, own = noise.split([3, 2, DIMENSIONS], dim=1)
        return lowest.network(lift(high @ second.T) + low @ first.T) + math.sqrt(0.5) * own

    torch.manual_seed(1)
    with torch.no_grad():
        rows = affine(torch.randn(ROWS, 5 + DIMENSIONS, dtype=torch.float64))
    return rows, exact_log_prob(affine, 5 + DIMENSIONS, rows)


@pytest.mark.parametrize("covariance", ["diagonal", "rank1"])
def test_bounds_stay_below_the_exact_likelihood(covariance, make_task, exact_log_prob) -> None:
    """Kills: G_l on h in the place of xi; a layer's divergence left out; log-weights without the determinant."""
    model = _linear(make_task((DIMENSIONS,)), covariance)
    rows, exact = _rows_and_exact(model, exact_log_prob)
    torch.manual_seed(2)
    with torch.no_grad():
        repeated = rows.repeat(400, 1)
        evidence = dlgm.objective(model, repeated, torch.randn(len(repeated), 5, dtype=torch.float64)).mean()
        model.noise = lambda *counts: torch.randn(*counts, 5, dtype=torch.float64)
        importance = dlgm.log_likelihood(model, rows).values
    assert evidence < exact.mean() - 0.05
    assert evidence < importance.mean()
    assert importance.mean().item() == pytest.approx(exact.mean().item(), abs=0.02)


def test_one_sample_of_importance_is_the_evidence_bound(make_task) -> None:
    """Kills: a determinant that the bound has and the weights have not, whatever the posterior's form."""
    model = _linear(make_task((DIMENSIONS,)))
    rows = torch.randn(2, DIMENSIONS, dtype=torch.float64)
    torch.manual_seed(0)
    noise = torch.randn(40_000, 2, 5, dtype=torch.float64)
    with torch.no_grad():
        sampled = model.log_weights(rows, noise).mean(dim=0)
        closed = dlgm.objective(model, rows.repeat(40_000, 1), noise.flatten(0, 1)).view(-1, 2).mean(dim=0)
    torch.testing.assert_close(sampled, closed, rtol=0, atol=0.05)


def test_layers_halve() -> None:
    assert [layer_sizes(16, 4), layer_sizes(2, 3), layer_sizes(1, 2), layer_sizes(5, 1)] == [
        [16, 8, 4, 2], [2, 2, 2], [1, 1], [5],
    ]  # fmt: skip


def test_more_layers_are_warmed_up(make_task) -> None:
    """Kills: a highest layer that dies for want of a warm-up; an option that is overruled."""
    built = lambda **options: dlgm.build(make_task(), dlgm.Options(**options)).warm_up  # noqa: E731
    assert [built(), built(layers=1), built(warm_up=0), built(warm_up=0.7)] == [dlgm.WARM_UP, 0, 0, 0.7]


def test_a_likelihood_names_its_bound(make_task) -> None:
    model = dlgm.build(make_task((2,)), dlgm.Options(iwae_samples=7, layers=3))
    with torch.no_grad():
        found = dlgm.log_likelihood(model, torch.rand(11, 2))
    assert (found.bound, found.measure, found.values.shape) == ("iwae@7", "density", (11,))
    assert likelihood_bound(model, torch.rand(3, 2), 4).shape == (3,)
