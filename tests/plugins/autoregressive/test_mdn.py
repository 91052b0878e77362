"""Mixture density networks against optima that are known."""

from __future__ import annotations

import math

import pytest
import torch

from genbench_autoregressive import mdn
from genbench_autoregressive.mixture_networks import ConstantMixture, FrameMixture
from genbench_autoregressive.mixtures import ConditionalMixture, Mixture, mixture_of, raw_width

OPTIMUM = -0.190499  # nats, of t|x ~ 1/2 N(x, .1^2) + 1/2 N(-x, .1^2), x ~ U(.5, 1.5)
FLOOR = -1.282347  # nats, H(t|x) of Bishop's inverse problem


def _two_branches(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.rand(count, 1) + 0.5
    return x, x * (torch.randint(2, (count, 1)) * 2 - 1) + 0.1 * torch.randn(count, 1)


def _inverse_problem(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    t = torch.rand(count, 1)
    return t + 0.3 * torch.sin(2 * math.pi * t) + torch.rand(count, 1) * 0.2 - 0.1, t


def _fitted(data, components: int, steps: int, width: int = 20) -> ConditionalMixture:
    torch.manual_seed(0)
    network = ConditionalMixture(1, 1, components, width)
    optimiser = torch.optim.Adam(network.parameters())
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = 1e-2 * (1 - step / steps)
        x, t = data(512)
        optimiser.zero_grad()
        (-network(x).log_prob(t).mean()).backward()
        optimiser.step()
    return network.eval()


def _random_mixture(components: int, dimensions: int) -> Mixture:
    return mixture_of(torch.randn(raw_width(components, dimensions)), components)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_density_integrates_to_one(dimensions) -> None:
    """Kills: a normaliser that counts one dimension; weights that do not sum to 1."""
    torch.manual_seed(0)
    axis = torch.linspace(-12, 12, 401)
    grid = torch.cartesian_prod(*[axis] * dimensions).view(-1, dimensions)
    mass = _random_mixture(3, dimensions).log_prob(grid).exp().sum() * (24 / 400) ** dimensions
    assert mass.item() == pytest.approx(1, abs=1e-3)


def test_the_density_is_that_of_torch() -> None:
    """Kills: log sd added instead of subtracted; means and deviations read from each other's place."""
    torch.manual_seed(0)
    mixture, t = _random_mixture(4, 3), torch.randn(50, 3)
    components = torch.distributions.Independent(torch.distributions.Normal(mixture.means, mixture.deviations), 1)
    weights = torch.distributions.Categorical(logits=mixture.log_weights)
    expected = torch.distributions.MixtureSameFamily(weights, components).log_prob(t)
    torch.testing.assert_close(mixture.log_prob(t), expected)


def test_draws_have_the_moments_of_the_mixture() -> None:
    """Kills: the most likely component instead of a draw; variances used as deviations."""
    torch.manual_seed(0)
    mixture = _random_mixture(3, 2)
    drawn = Mixture(*(each.expand(40_000, *each.shape) for each in mixture)).draw()
    weights = mixture.log_weights.exp()[:, None]
    mean = (weights * mixture.means).sum(0)
    variance = (weights * (mixture.deviations**2 + (mixture.means - mean) ** 2)).sum(0)
    torch.testing.assert_close(drawn.mean(0), mean, atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.var(0), variance, atol=0.05, rtol=0.05)


def test_two_branches_reach_their_optimum() -> None:
    """Kills: one component for all; a mean instead of a sum over components; a floor of deviations above .1."""
    network = _fitted(_two_branches, 2, 700)
    x, t = _two_branches(40_000)
    with torch.no_grad():
        assert -network(x).log_prob(t).mean() == pytest.approx(OPTIMUM, abs=0.02)
        at = torch.linspace(0.6, 1.4, 9)[:, None]
        mixture = network(at)
    order = mixture.means[..., 0].argsort(1)
    means, deviations, weights = (
        each.gather(1, order) for each in (mixture.means[..., 0], mixture.deviations[..., 0], mixture.log_weights.exp())
    )
    torch.testing.assert_close(means, torch.cat([-at, at], 1), atol=0.03, rtol=0)
    torch.testing.assert_close(deviations, torch.full_like(deviations, 0.1), atol=0.015, rtol=0)
    torch.testing.assert_close(weights, torch.full_like(weights, 0.5), atol=0.06, rtol=0)


def test_the_inverse_problem_is_never_undercut() -> None:
    """Kills: a target that reaches the network's input; a lost log sd, with which narrow components cost nothing."""
    network = _fitted(_inverse_problem, 3, 500)
    x, t = _inverse_problem(40_000)
    with torch.no_grad():
        loss = -network(x).log_prob(t).mean()
    assert FLOOR < loss < -0.9


def test_means_begin_on_rows_of_the_first_hand_out(make_task, make_stream) -> None:
    """Kills: means at the origin, where all components stay one; a first hand-out that a resumed trial takes again."""
    from genbench.batches import Batches

    torch.manual_seed(0)
    rows = torch.randn(64, 2)
    model = mdn.build(make_task((2,)), mdn.Options(components=8, lr=1e-5))
    mdn.train(model, Batches(make_stream(rows, 1)))
    distances = torch.cdist(model.network.mixture().means.detach(), rows).min(1).values
    assert distances.max() < 1e-3
    before = model.network.raw.detach().clone()
    mdn.train(model, Batches(make_stream(rows + 5, 1)))
    torch.testing.assert_close(model.network.raw.detach(), before, atol=1e-3, rtol=0)


def test_more_components_than_rows() -> None:
    """Kills: components on the same spot, which no gradient ever parts."""
    torch.manual_seed(0)
    network = ConstantMixture(2, 8)
    network.begin(torch.randn(3, 2))
    assert len(network.mixture().means.unique(dim=0)) == 8


def test_frames_come_back_and_see_only_those_before() -> None:
    """Kills: a frame that is given to its own mixture; frames whose channels are mixed up."""
    torch.manual_seed(0)
    network = FrameMixture((2, 48), 8, 3, mdn.CausalSize(8, 8, 2))
    x = torch.rand(3, 2, 48) * 2 - 1
    frames = network.frames(x)
    assert torch.equal(network.waves(frames), x)
    assert torch.equal(frames[:, 1, :8], x[:, 0, 8:16])
    changed = frames.clone()
    changed[:, 3:] = 0
    for before, after in zip(network.mixtures(frames), network.mixtures(changed), strict=True):
        assert torch.equal(before[:, :4], after[:, :4])
        assert not torch.equal(before[:, 4], after[:, 4])
