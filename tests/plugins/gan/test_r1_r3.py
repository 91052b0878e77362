"""R1 and R3GAN: where the slopes are taken, what a pair is, and that the game comes to rest."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from genbench_gan import dragan, gan, r1_gan, r3gan


def _built(plugin, task, **options):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options))


class Angle(nn.Module):
    """The Dirac game's generator: one place, whatever the noise."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.ones(1))

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        return self.place.expand(len(noise), 1)


def _distance(plugin, task, **options) -> float:
    """Play the Dirac game, s(x) = psi x, theta against 0; return |(theta, psi)| after time 60."""
    model = _built(plugin, task, **options)
    model.generator, model.discriminator = Angle(), nn.Sequential(nn.Linear(1, 1, bias=False))
    nn.init.zeros_(model.discriminator[0].weight)
    players = [
        (getattr(plugin, "discriminator_objective", gan.discriminator_objective), model.discriminator),
        (getattr(plugin, "generator_objective", gan.generator_objective), model.generator),
    ]
    real = torch.zeros(2, 1)
    for _ in range(300):
        for objective, network in players:
            (slope,) = torch.autograd.grad(objective(model, real, model.noise(2)), list(network.parameters()))
            with torch.no_grad():
                next(network.parameters()).sub_(0.2 * slope.view_as(next(network.parameters())))
    return math.hypot(model.generator.place.item(), model.discriminator[0].weight.item())


def test_the_dirac_game_comes_to_rest(make_task) -> None:
    """Kills: a slope with the wrong sign, or none that weights feel. The plain minimax game circles for ever.

    Mescheder, Geiger & Nowozin, 2018, section 2 and figure 2.
    """
    assert 0.8 < _distance(gan, make_task((1,)), loss="mm") < 1.2
    assert _distance(r1_gan, make_task((1,)), loss="mm", gamma=1.0) < 1e-3
    assert _distance(r3gan, make_task((1,)), gamma=0.5) < 1e-3


def _measured(plugin, task, monkeypatch, name, **options) -> list[torch.Tensor]:
    """Return the rows at which a model takes slopes, for real rows of 2 and fakes of 0 or more."""
    seen: list[torch.Tensor] = []
    original = getattr(plugin, name)
    monkeypatch.setattr(plugin, name, lambda judge, x: seen.append(x.detach()) or original(judge, x))
    model = _built(plugin, task, **options)
    model.generator = nn.Linear(model.latent, 2)
    nn.init.zeros_(model.generator.weight)
    nn.init.zeros_(model.generator.bias)
    plugin.discriminator_objective(model, torch.tensor([[2.0, 2.0], [4.0, 4.0]]).repeat(500, 1), model.noise(1000))
    return seen


def test_where_slopes_are_taken(make_task, monkeypatch) -> None:
    """Kills: R1 at fakes; DRAGAN between real rows and fakes, or about fakes; R3 without R2."""
    (at,) = _measured(r1_gan, make_task((2,)), monkeypatch, "zero_centred")
    assert at.unique().tolist() == [2, 4]
    (at,) = _measured(r3gan, make_task((2,)), monkeypatch, "with_squared_slopes")
    assert at.unique().tolist() == [0, 2, 4]
    (at,) = _measured(dragan, make_task((2,)), monkeypatch, "one_centred", spread=0.5)
    offsets = at - torch.tensor([[2.0, 2.0], [4.0, 4.0]]).repeat(500, 1)
    assert offsets.mean().item() == pytest.approx(0, abs=0.05)
    assert offsets.std().item() == pytest.approx(0.5, rel=0.1)  # half of the rows' deviation, which is 1


@pytest.mark.parametrize(
    ("plugin", "weight", "expected"),
    [(r1_gan, "gamma", 0.5 * 4), (dragan, "penalty", 1.0), (r3gan, "gamma", 0.5 * (4 + 4))],
    ids=["r1_gan", "dragan", "r3gan"],
)
def test_weights_of_the_penalties(plugin, weight, expected, make_task) -> None:
    """Kills: gamma for gamma / 2; a mean of R1 and R2 for their sum; a slope of the probability, a quarter at most.

    s(x) = 2 x_1 has |grad s|^2 = 4 everywhere, and (|grad s| - 1)^2 = 1.
    """
    model = _built(plugin, make_task((2,)), **{weight: 1.0})
    model.discriminator = nn.Sequential(nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        model.discriminator[0].weight.copy_(torch.tensor([[2.0, 0.0]]))
    real, noise = torch.randn(8, 2), model.noise(8)
    total = plugin.discriminator_objective(model, real, noise)
    game = plugin if plugin is r3gan else gan
    with torch.no_grad():
        base = game.discriminator_loss(*model.both(real, model.generator(noise)))
    assert (total - base).item() == pytest.approx(expected, rel=1e-5)


def test_a_pair_is_a_row_and_a_fake() -> None:
    """Kills: all pairs of rows and fakes; a mean taken before the comparison (the relativistic average); a sign."""
    real, fake = torch.tensor([[1.0], [-3.0]]), torch.tensor([[0.0], [2.0]])
    assert r3gan.discriminator_loss(real, fake).item() == pytest.approx(
        (math.log1p(math.exp(-1)) + math.log1p(math.exp(5))) / 2
    )
    assert r3gan.generator_loss(real, fake).item() == pytest.approx(
        (math.log1p(math.exp(1)) + math.log1p(math.exp(-5))) / 2
    )


def test_only_differences_count() -> None:
    """Kills: the non-saturating losses in relativistic clothes. Adding 7 to s changes neither loss."""
    real, fake = torch.randn(9, 1), torch.randn(9, 1)
    for loss in (r3gan.discriminator_loss, r3gan.generator_loss):
        torch.testing.assert_close(loss(real, fake), loss(real + 7, fake + 7))
    alike = torch.zeros(3, 1)
    assert r3gan.discriminator_loss(alike, alike).item() == pytest.approx(math.log(2))


def test_the_generator_learns_by_its_pairs(make_task) -> None:
    """Kills: a generator that is not judged against real rows; real rows that move with it."""
    model = _built(r3gan, make_task())
    real, noise = torch.rand(16, 1, 8, 8), model.noise(16)
    first, second = (r3gan.generator_objective(model, rows, noise) for rows in (real, real.flip(0) * 0.5))
    assert first != second
    torch.autograd.backward(first)
    assert all(weight.grad.abs().sum() > 0 for weight in model.generator.parameters())
