"""The least squares and hinge losses against closed forms."""

from __future__ import annotations

import pytest
import torch

from genbench.steps import descend
from genbench_gan import hinge_gan, lsgan

LOSSES = pytest.mark.parametrize("plugin", [lsgan, hinge_gan], ids=["lsgan", "hinge_gan"])


def test_least_squares_where_rows_and_fakes_are_alike() -> None:
    """Kills: a half left out; fakes brought to 1 by the discriminator. The best s is 1/2: 1/4 and 1/8."""
    half = torch.full((7, 1), 0.5)
    assert lsgan.discriminator_loss(half, half).item() == pytest.approx(0.25)
    assert lsgan.generator_loss(half).item() == pytest.approx(0.125)


def test_least_squares_at_the_best_discriminator(quantiles, log_ratio) -> None:
    """Kills: targets swapped, or of -1 and 1; a sigmoid of s. P = N(0, 1), Q = N(1, 1.2^2): 0.205209."""
    best = [log_ratio(x).sigmoid() for x in quantiles]  # p / (p + q)
    assert lsgan.discriminator_loss(*best).item() == pytest.approx(0.205209, abs=2e-5)
    for change in (-0.05, 0.05):
        assert lsgan.discriminator_loss(*(s + change for s in best)) > 0.2055


def test_hinge_of_an_undecided_discriminator() -> None:
    """Kills: a mean of the two halves instead of their sum; a hinge in the generator's loss."""
    undecided = torch.zeros(7, 1)
    assert hinge_gan.discriminator_loss(undecided, undecided).item() == 2
    assert hinge_gan.generator_loss(undecided).item() == 0


def test_hinge_ends_at_the_margin() -> None:
    """Kills: max(0, s - 1); a margin of 0; a generator that stops to learn beyond it."""
    real, fake = torch.tensor([[1.5], [0.5]], requires_grad=True), torch.tensor([[-1.5], [-0.5]], requires_grad=True)
    torch.autograd.backward(hinge_gan.discriminator_loss(real, fake))
    assert real.grad.tolist() == [[0], [-0.5]]
    assert fake.grad.tolist() == [[0], [0.5]]
    assert hinge_gan.generator_loss(torch.full((3, 1), 4.0)).item() == -4


@LOSSES
def test_who_moves_and_which_way(plugin, make_task) -> None:
    """Kills: a generator that descends the discriminator's loss; real rows taken for fakes; fakes not cut off."""
    torch.manual_seed(0)
    model = plugin.build(make_task(), plugin.Options())
    real, noise = torch.rand(64, 1, 8, 8), model.noise(64)

    def judged() -> tuple[float, float]:
        with torch.no_grad():
            of_real, of_fake = model.both(real, model.generator(noise))
        return of_real.mean().item(), of_fake.mean().item()

    before = judged()
    loss = plugin.discriminator_objective(model, real, noise)
    descend(torch.optim.Adam(model.discriminator.parameters(), lr=1e-4), loss)
    assert all(weight.grad is None for weight in model.generator.parameters())
    between = judged()
    assert between[0] - between[1] > before[0] - before[1]
    loss = plugin.generator_objective(model, real, noise)
    descend(torch.optim.Adam(model.generator.parameters(), lr=1e-4), loss, only_own=True)
    assert judged()[1] > between[1]
