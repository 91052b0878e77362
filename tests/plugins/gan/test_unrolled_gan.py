"""Foreseen steps of the discriminator: those that it would take, differentiated, and undone."""

from __future__ import annotations

import copy

import pytest
import torch

from genbench.steps import descend
from genbench_gan import gan, unrolled_gan
from genbench_gan.game import make_optimiser

KINDS = pytest.mark.parametrize("kind", ["points", "image", "wave"])


def _built(task, **options):
    torch.manual_seed(0)
    return unrolled_gan.build(task, unrolled_gan.Options(**options)).train()


def _begun(model, real):
    """Return Adam of the discriminator after some steps, as the game has it when the generator moves."""
    adam = make_optimiser((model.discriminator,), model, lr=model.options.lr)
    for _ in range(3):
        descend(adam, gan.discriminator_objective(model, real, model.noise(len(real))))
    return adam


@KINDS
def test_to_foresee_nothing_is_the_plain_game(kind, task_of, rows_of, make_batches) -> None:
    """Kills: noise drawn for the foreseen steps; another loss; a discriminator that keeps a step of them."""
    states = []
    for plugin, options in ((gan, {}), (unrolled_gan, {"unroll": 0}), (unrolled_gan, {"unroll": 1})):
        torch.manual_seed(0)
        model = plugin.build(task_of(kind), plugin.Options(**options)).train()
        torch.manual_seed(1)
        plugin.train(model, make_batches(rows_of(task_of(kind)), 5))
        states.append(model.state_dict())
    plain, none, one = states
    assert all(torch.equal(value, none[name]) for name, value in plain.items())
    assert not all(torch.equal(value, one[name]) for name, value in plain.items())


def test_the_foreseen_steps_are_those_of_adam(task_of, rows_of) -> None:
    """Kills: plain gradient steps; moments begun at 0; a count that is one off; steps up instead of down."""
    model, real = _built(task_of("points"), unroll=4), rows_of(task_of("points"))
    adam = _begun(model, real)
    fake = model.fakes(model.noise(64))
    other = copy.deepcopy(model)
    stepping = make_optimiser((other.discriminator,), other, lr=other.options.lr)
    stepping.load_state_dict(copy.deepcopy(adam.state_dict()))
    found = unrolled_gan.foreseen(model, adam, real, fake)
    for _ in range(4):
        descend(stepping, gan.discriminator_loss(*other.both(real, fake)))
    for name, weight in other.discriminator.named_parameters():
        torch.testing.assert_close(found[name], weight, rtol=1e-3, atol=1e-5)


def test_foreseen_steps_are_undone(task_of, rows_of) -> None:
    """Kills: weights or moments of the discriminator changed in place; gradients left in it."""
    model, real = _built(task_of("points"), unroll=3), rows_of(task_of("points"))
    adam = _begun(model, real)
    before = copy.deepcopy([model.discriminator.state_dict(), adam.state_dict()])
    own = torch.optim.Adam(model.generator.parameters())
    for each in model.discriminator.parameters():
        each.grad = None
    descend(own, unrolled_gan.generator_objective(model, real, model.noise(64), adam=adam), only_own=True)
    assert all(each.grad is None for each in model.discriminator.parameters())
    after = [model.discriminator.state_dict(), adam.state_dict()]
    assert all(torch.equal(value, after[0][name]) for name, value in before[0].items())
    for place, state in before[1]["state"].items():
        assert all(torch.equal(value, after[1]["state"][place][name]) for name, value in state.items())


def test_gradients_pass_through_the_foreseen_steps(task_of, rows_of, monkeypatch) -> None:
    """Kills: steps without `create_graph`, a copied discriminator: the gradient lacks its second term (equation 11)."""
    task = task_of("points")
    model, real = _built(task, unroll=2, lr=0.01, width=8).double(), rows_of(task).double()
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    model.noise = lambda count: torch.randn(count, model.latent, dtype=torch.float64)
    adam, noise = _begun(model, real), model.noise(64)
    (bias,) = (each for name, each in model.generator.named_parameters() if name == "6.bias")

    def loss() -> torch.Tensor:
        return unrolled_gan.generator_objective(model, real, noise, adam=adam)

    (found,) = torch.autograd.grad(loss(), bias)
    cut = unrolled_gan.foreseen(model, adam, real, model.fakes(noise))
    first_order = unrolled_gan._logits(model, {n: w.detach() for n, w in cut.items()}, model.generator(noise))
    (naive,) = torch.autograd.grad(gan.generator_loss(first_order, "ns"), bias)
    for place in range(2):
        with torch.no_grad():
            values = []
            for sign in (1, -1):
                bias[place] += sign * 1e-6
                with torch.enable_grad():
                    values.append(loss().item())
                bias[place] -= sign * 1e-6
        assert found[place].item() == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-3, abs=1e-7)
    assert not torch.allclose(found, naive, rtol=0.01)
