"""Codes: their bound, who gains by it, and that the generator learns to show them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from genbench_gan import gan, infogan

KINDS = pytest.mark.parametrize("kind", ["points", "image", "wave"])


def _built(task, **options):
    torch.manual_seed(0)
    return infogan.build(task, infogan.Options(**options)).train()


@KINDS
def test_without_codes_it_is_the_plain_model(kind, task_of, rows_of, make_batches) -> None:
    """Kills: a recogniser that is built first; noise drawn for codes that are none."""
    states = []
    same = {"lr_discriminator": gan.Options().lr_discriminator}
    for plugin, options in ((gan, {}), (infogan, {"categories": 0, "continuous": 0} | same)):
        torch.manual_seed(0)
        model = plugin.build(task_of(kind), plugin.Options(**options)).train()
        torch.manual_seed(1)
        plugin.train(model, make_batches(rows_of(task_of(kind)), 5))
        states.append(model.state_dict())
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("categories", [8, 10])
def test_information_is_at_most_the_codes_entropy(categories) -> None:
    """Kills: an entropy left out; a softmax of a softmax, which can never tell; ln 8 = 2.0794, ln 10 = 2.3026."""
    codes = torch.eye(categories)
    sure = infogan.information(50 * codes, codes, categories)
    assert sure.item() == pytest.approx(math.log(categories), abs=1e-4)
    assert infogan.information(torch.zeros(categories, categories), codes, categories).item() == pytest.approx(
        0, abs=1e-6
    )
    guess = torch.randn(categories, categories)
    expected = math.log(categories) - functional.cross_entropy(guess, codes.argmax(dim=1))
    torch.testing.assert_close(infogan.information(guess, codes, categories), expected)


def test_continuous_codes_are_normal_around_the_guess() -> None:
    """Kills: a mean over codes; a missing half; an entropy of [0, 1]. At the code itself: ln 2 - ln(2 pi)/2 each."""
    codes = 2 * torch.rand(9, 3) - 1
    least = 3 * (math.log(2) - math.log(2 * math.pi) / 2)
    assert infogan.information(codes, codes, 0).item() == pytest.approx(least, abs=1e-5)
    assert infogan.information(codes + 2, codes, 0).item() == pytest.approx(least - 3 * 2, abs=1e-4)
    mixed = torch.cat([torch.eye(3), 2 * torch.rand(3, 2) - 1], dim=1)
    parts = infogan.information(mixed[:, :3], mixed[:, :3], 3) + infogan.information(mixed[:, 3:], mixed[:, 3:], 0)
    torch.testing.assert_close(infogan.information(mixed, mixed, 3), parts)


def test_noise_holds_the_codes(task_of) -> None:
    """Kills: categories that are not one of them; codes of another range; one category more likely than others."""
    model = _built(task_of("image"))
    noise = model.noise(4_000)
    normal, category, uniform = noise.split([model.latent, 10, 2], dim=1)
    assert set(category.unique().tolist()) == {0, 1}
    assert torch.equal(category.sum(dim=1), torch.ones(4_000))
    assert (category.mean(dim=0) - 0.1).abs().max() < 0.02
    assert -1 <= uniform.min() < -0.99
    assert 0.99 < uniform.max() <= 1
    assert normal.std().item() == pytest.approx(1, abs=0.02)
    assert _built(task_of("points")).noise(2).shape == (2, 16 + 8)


def test_both_players_gain_by_the_information(task_of, rows_of) -> None:
    """Kills: the term added, or left out of one loss. Both losses fall by weight times L_I."""
    task = task_of("points")
    for objective in (infogan.discriminator_objective, infogan.generator_objective):
        losses = []
        for weight in (0.0, 1.0, 3.0):
            model, real = _built(task, weight=weight), rows_of(task)
            torch.manual_seed(5)
            losses.append(objective(model, real, model.noise(64)).item())
        torch.manual_seed(5)
        noise = model.noise(64)
        told = model.told(model.judged(model.generator(noise))[1], noise).item()
        assert losses[0] - losses[1] == pytest.approx(told, abs=1e-5)
        assert losses[0] - losses[2] == pytest.approx(3 * told, abs=1e-5)


def test_the_recogniser_sees_fakes_alone(task_of, rows_of) -> None:
    """Kills: a recogniser of real rows, which have no codes; codes that are not those of the pass."""
    model, real, fed = _built(task_of("points")), rows_of(task_of("points")), []
    noise = model.noise(64)
    whole = model.recogniser
    model.recogniser = Watched(whole, fed)
    infogan.discriminator_objective(model, real, noise)
    infogan.generator_objective(model, real, noise)
    for seen in fed:
        torch.testing.assert_close(seen, model.judged(model.generator(noise))[1])


class Watched(nn.Module):
    """Notes what it is fed."""

    def __init__(self, network, fed) -> None:
        super().__init__()
        self.network, self.fed = network, fed

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.fed.append(x)
        return self.network(x)


def test_gradients_of_the_information(task_of, rows_of) -> None:
    """Kills: a recogniser on features that are cut off: the trunk and the generator learn by the information too."""
    model, real = _built(task_of("points")), rows_of(task_of("points"))
    noise = model.noise(64)
    model.told(model.judged(model.generator(noise))[1], noise).backward()
    head = {id(p) for p in model.discriminator[-1].parameters()}
    assert all(p.grad is not None for p in model.generator.parameters())
    assert all(p.grad is not None for p in model.recogniser.parameters())
    assert all((p.grad is None) == (id(p) in head) for p in model.discriminator.parameters())
    model.zero_grad()
    infogan.discriminator_objective(model, real, noise).backward()
    assert all(p.grad is None for p in model.generator.parameters())


@pytest.mark.slow
def test_every_code_becomes_a_mode_of_the_ring(make_task, make_batches) -> None:
    """Kills: codes drawn anew for the information; a generator without its term: L_I stays near 0 of ln 8 = 2.0794."""
    angles = 2 * math.pi * torch.arange(8) / 8
    centres = torch.stack([angles.cos(), angles.sin()], dim=1)
    rows = (centres[torch.randint(8, (8_000,))] + 0.01 * torch.randn(8_000, 2)) / centres.std(dim=0)
    model = _built(make_task((2,), batch_size=128, examples=8_000))
    torch.manual_seed(1)
    infogan.train(model, make_batches(rows, 2_000, 128))
    with torch.no_grad():
        noise = model.noise(4_000)
        fakes = model.generator(noise)
        found = model.told(model.judged(fakes)[1], noise).item()
        mode = torch.cdist(fakes * centres.std(dim=0), centres).argmin(dim=1)
    code = noise[:, model.latent :].argmax(dim=1)
    counts = torch.zeros(8, 8).index_put_((code, mode), torch.ones(4_000), accumulate=True)
    assert 1.9 < found <= math.log(8)
    assert (counts.max(dim=1).values.sum() / 4_000).item() > 0.95
    assert len(counts.argmax(dim=1).unique()) >= 7
