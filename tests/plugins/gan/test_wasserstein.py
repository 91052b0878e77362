"""The Wasserstein critics against distances that are known: W1(N(0, 1), N(d, 1)) = d."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import nn

from genbench.steps import descend
from genbench_gan import wgan, wgan_gp
from genbench_gan.game import Mover, judging


def _gap(model, shift: float) -> float:
    """Return E f(x) - E f(G(z)) of 20,000 rows of N(shift, 1) and of fakes, at the same quantiles."""
    base = torch.special.ndtri((torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000).float()[:, None]
    with torch.no_grad():
        return (model.logits(base + shift) - model.logits(base + model.generator.mean)).mean().item()


def _steepest(model) -> float:
    x = torch.linspace(-4, 8, 2_000)[:, None].requires_grad_()
    (slope,) = torch.autograd.grad(model.logits(x).sum(), x)
    return slope.abs().max().item()


def test_losses_and_their_signs() -> None:
    """Kills: the authors' turned signs in one of the two losses; a sigmoid of f."""
    real, fake = torch.tensor([[3.0], [5.0]]), torch.tensor([[-1.0], [2.0]])
    assert wgan.critic_loss(real, fake).item() == 0.5 - 4
    assert wgan.generator_loss(fake).item() == -0.5


@pytest.mark.parametrize("clip", [0.02, 0.1])
def test_every_weight_is_clipped_after_every_step(clip, make_task, make_batches, monkeypatch) -> None:
    """Kills: weights clipped before the step; biases left out; the generator clipped as well."""
    torch.manual_seed(0)
    model = wgan.build(make_task(), wgan.Options(clip=clip, critic_steps=2))
    largest, clipped = [], wgan.clip

    def spy(weights, bound, model) -> None:
        before = max(weight.abs().max().item() for weight in model.discriminator.parameters())
        clipped(weights, bound, model)
        largest.append((before, max(weight.abs().max().item() for weight in model.discriminator.parameters())))

    monkeypatch.setattr(wgan, "clip", spy)
    wgan.train(model, make_batches(torch.rand(64, 1, 8, 8), 5))
    assert len(largest) == 5
    assert all(before > clip and after == pytest.approx(clip) for before, after in largest)
    assert max(weight.abs().max().item() for weight in model.generator.parameters()) > clip


def test_the_clip_is_of_the_shape(make_task) -> None:
    """Kills: the paper's 0.01 for perceptrons, whose signal it multiplies by 1e-4 over three layers."""
    build = lambda shape, **options: wgan.build(make_task(shape), wgan.Options(**options)).largest  # noqa: E731
    assert [build((2,)), build((1, 8, 8)), build((1, 12, 12)), build((2,), clip=3)] == [0.1, 0.1, 0.01, 3]


def test_a_clipped_critic_tells_distances(facing) -> None:
    """Kills: real rows and fakes swapped; a clip that leaves the critic no slope; a clip that is none.

    Divided by its steepest slope the gap is at most W1, and grows with the shift. It is a third to a half of W1, since
    what is bounded is each weight and not the slope: the critic is steep between the two laws and flat around them.
    """
    gaps = []
    for shift in (1.0, 2.0, 4.0):
        model = facing("wgan", 0.0, lr=2e-3, width=16)
        weights = list(model.discriminator.parameters())
        mover = Mover(judging(wgan.critic_objective, model, then=partial(wgan.clip, weights, 0.1)), model)
        for _ in range(120):
            mover(shift + torch.randn(128, 1))
        gaps.append(_gap(model, shift) / _steepest(model))
        assert 0.25 < gaps[-1] / shift <= 1.0001
    assert gaps[0] < gaps[1] < gaps[2]


@pytest.mark.parametrize(("weight", "expected"), [(10.0, 2.2), (1.0, 4.0), (0.1, 22.0)])
def test_the_bias_of_a_linear_critic(weight, expected, facing) -> None:
    """Kills: the penalty halved; a one-sided penalty; (|grad|^2 - 1)^2; no `create_graph`.

    A linear critic's best gap at a shift of d is d (1 + d / (2 lambda)).
    """
    model = facing("wgan_gp", 0.0, penalty=weight)
    model.discriminator = nn.Sequential(nn.Linear(1, 1))
    base = torch.special.ndtri((torch.arange(256, dtype=torch.float64) + 0.5) / 256).float()[:, None]
    noise = base.expand(256, model.latent)
    optimiser = torch.optim.LBFGS(model.discriminator.parameters(), max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = wgan_gp.critic_objective(model, base + 2, noise)
        torch.autograd.backward(loss, inputs=list(model.discriminator.parameters()))
        return loss

    optimiser.step(closure)
    assert _gap(model, 2.0) == pytest.approx(expected, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("weight", "shift", "expected"), [(10.0, 2.0, 2.2103), (1.0, 2.0, 4.103), (10.0, 1.0, 1.0545)])
def test_the_bias_of_any_critic(weight, shift, expected, facing) -> None:
    """Kills: slopes taken at real rows or fakes instead of between them; one share for the whole batch.

    The best critic's gap is W1 + 1 / (2 lambda) int (F_Q - F_P)^2 / rho, rho the density of the points between.
    """
    model = facing("wgan_gp", 0.0, penalty=weight, width=64, lr=2e-3, schedule="linear")
    mover = Mover(judging(wgan_gp.critic_objective, model, differentiates=True), model)
    for step in range(steps := 1_500):
        mover.optimiser.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
        mover(shift + torch.randn(512, 1))
    assert _gap(model, shift) == pytest.approx(expected, rel=0.03)


def test_points_between_lie_on_their_lines() -> None:
    """Kills: a share for each pixel; a share for the whole batch; shares outside of [0, 1]."""
    real, fake = torch.rand(16, 3, 4, 4), torch.rand(16, 3, 4, 4) + 2
    shares = ((wgan_gp.between(real, fake) - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(shares, shares[:, :1].expand_as(shares), rtol=1e-3, atol=1e-4)
    assert shares[:, 0].std() > 0.1
    assert -1e-4 < shares.min() <= shares.max() < 1.0001


def test_the_penalty_is_taken_between_real_rows_and_fakes(make_task, monkeypatch) -> None:
    """Kills: a penalty at real rows alone; a weight that is not the option's, or not the kind's."""
    seen, original = [], wgan_gp.one_centred
    monkeypatch.setattr(wgan_gp, "one_centred", lambda judge, x: seen.append(x) or original(judge, x))
    model = wgan_gp.build(make_task((2,)), wgan_gp.Options(penalty=3))
    model.generator = nn.Linear(model.latent, 2)
    nn.init.zeros_(model.generator.weight)
    nn.init.zeros_(model.generator.bias)
    model.discriminator = nn.Sequential(nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        model.discriminator[0].weight.copy_(torch.tensor([[3.0, 0.0]]))
    loss = wgan_gp.critic_objective(model, torch.ones(500, 2), model.noise(500))
    assert loss.item() == pytest.approx(-3 + 3 * (3 - 1) ** 2, rel=1e-4)
    assert seen[0].mean().item() == pytest.approx(0.5, abs=0.05)
    assert seen[0].std().item() == pytest.approx(math.sqrt(1 / 12), abs=0.03)
    assert wgan_gp.build(make_task((2,)), wgan_gp.Options()).penalty == 0.1
    assert wgan_gp.build(make_task(), wgan_gp.Options()).penalty == 10


def test_the_generator_closes_the_gap(facing) -> None:
    """Kills: a generator that raises its own loss. The critic rises to the right, where the data are."""
    model = facing("wgan", 0.0)
    model.discriminator = nn.Sequential(nn.Linear(1, 1))
    nn.init.ones_(model.discriminator[0].weight)
    loss = wgan.generator_objective(model, torch.empty(0), model.noise(8))
    descend(torch.optim.SGD(model.generator.parameters(), lr=0.1), loss, only_own=True)
    assert model.generator.mean.item() == pytest.approx(0.1)


def test_several_critic_steps_to_one_of_the_generator(make_task, make_batches) -> None:
    """Kills: a generator that moves on every hand-out, and so five times as often as in the papers."""
    for plugin in (wgan, wgan_gp):
        torch.manual_seed(0)
        model = plugin.build(make_task(), plugin.Options())
        before = [weight.clone() for weight in model.generator.parameters()]
        plugin.train(model, make_batches(torch.rand(64, 1, 8, 8), 4))
        assert all(torch.equal(a, b) for a, b in zip(before, model.generator.parameters(), strict=True))
        plugin.train(model, make_batches(torch.rand(64, 1, 8, 8), 5))
        assert not any(torch.equal(a, b) for a, b in zip(before, model.generator.parameters(), strict=True))
