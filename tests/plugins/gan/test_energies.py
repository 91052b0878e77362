"""Discriminators that are auto-encoders: energies, the margin, the pulling-away term, and the balance k."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench.steps import descend
from genbench_gan import began, ebgan
from genbench_gan.networks import features

BOTH = pytest.mark.parametrize("plugin", [began, ebgan], ids=["began", "ebgan"])


def _built(plugin, task, **options):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options))


@BOTH
@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_a_rows_energy_does_not_depend_on_its_batch(plugin, shape, make_task) -> None:
    """Kills: batch normalisation in the auto-encoder's decoder, by which fakes change the energy of real rows."""
    model, x = _built(plugin, make_task(shape)).train(), torch.rand(6, *shape)
    torch.testing.assert_close(model.energies(x)[:2], model.energies(x[:2]), rtol=1e-4, atol=1e-6)
    assert not any("batchnorm" in type(each).__name__.lower() for each in model.discriminator.modules())


@pytest.mark.parametrize(("plugin", "expected"), [(began, 1.5), (ebgan, 2.5)], ids=["began", "ebgan"])
def test_energies_are_errors_per_coordinate(plugin, expected, make_task) -> None:
    """Kills: a sum over pixels, for which margins and gains are hundreds of times too small; a mean over rows."""
    model = _built(plugin, make_task((2,)))
    model.discriminator = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2))
    for weight in model.discriminator.parameters():
        nn.init.zeros_(weight)
    x = torch.tensor([[1.0, -2.0], [0.0, 0.0]])
    assert model.energies(x).tolist() == [pytest.approx(expected), 0]
    assert model.logits(x).tolist() == [[pytest.approx(-expected)], [0]]


@pytest.mark.parametrize(("shape", "code"), [((2,), 1), ((9,), 4), ((1, 8, 8), 32), ((1, 12, 12), 64)], ids=str)
def test_the_code_is_narrower_than_the_data(shape, code, make_task) -> None:
    """Kills: a code by which everything is reconstructed alike, real or not."""
    model = _built(ebgan, make_task(shape))
    assert features(model.discriminator, torch.rand(3, *shape)).shape == (3, code)
    model = _built(ebgan, make_task(shape), code=5)
    assert features(model.discriminator, torch.rand(3, *shape)).shape == (3, 5)


def test_the_pulling_away_term() -> None:
    """Kills: pairs of a row with itself; cosines that are not squared; a mean over too many pairs."""
    assert ebgan.pulling_away(torch.ones(5, 3)).item() == pytest.approx(1)
    assert ebgan.pulling_away(torch.tensor([[2.0, 2.0], [-3.0, -3.0]])).item() == pytest.approx(1)
    assert ebgan.pulling_away(3 * torch.eye(4)).item() == pytest.approx(0, abs=1e-6)
    codes = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # cosines 0, 1/sqrt 2, 1/sqrt 2
    assert ebgan.pulling_away(codes).item() == pytest.approx((0 + 0.5 + 0.5) / 3)


def test_the_pulling_away_term_is_of_the_fakes_codes(make_task) -> None:
    """Kills: the term in the discriminator's loss, of reconstructions, or of real rows."""
    plain, pulled = (_built(ebgan, make_task(), pulling=weight) for weight in (0, 0.5))
    real, noise = torch.rand(16, 1, 8, 8), plain.noise(16)
    for model in (plain, pulled):
        model.margin.fill_(0.3)
    assert ebgan.discriminator_objective(plain, real, noise) == ebgan.discriminator_objective(pulled, real, noise)
    gap = ebgan.generator_objective(pulled, real, noise) - ebgan.generator_objective(plain, real, noise)
    with torch.no_grad():
        codes = features(plain.discriminator, plain.generator(noise))
    assert gap.item() == pytest.approx(0.5 * ebgan.pulling_away(codes).item(), rel=1e-4)


def test_the_hinge_of_energies() -> None:
    """Kills: a hinge the other way; fakes pushed beyond the margin; real rows pushed up."""
    real = torch.tensor([1.0, 3.0], requires_grad=True)
    fake = torch.tensor([0.5, 4.0], requires_grad=True)
    loss = ebgan.discriminator_loss(real, fake, torch.tensor(2.0))
    torch.autograd.backward(loss)
    assert loss.item() == 2 + 1.5 / 2
    assert real.grad.tolist() == [0.5, 0.5]
    assert fake.grad.tolist() == [-0.5, 0]


def test_the_margin_is_of_the_first_real_rows(make_task) -> None:
    """Kills: a margin that is measured in another reduction, follows the energies, or overrides the option."""
    model, real = _built(ebgan, make_task()), torch.rand(16, 1, 8, 8)
    expected = 1.5 * model.energies(real).mean().item()
    ebgan.discriminator_objective(model, real, model.noise(16))
    assert model.margin.item() == pytest.approx(expected, rel=1e-5)
    ebgan.discriminator_objective(model, 0 * real, model.noise(16))
    assert model.margin.item() == pytest.approx(expected, rel=1e-5)
    given = _built(ebgan, make_task(), margin=0.7)
    ebgan.discriminator_objective(given, real, given.noise(16))
    assert given.margin.item() == pytest.approx(0.7)


def test_a_trained_energy_tells_fakes(make_task) -> None:
    """Kills: energies that are raised at real rows. Fakes end at the margin or above, real rows far below."""
    model, generator = _built(ebgan, make_task(), margin=0.1), torch.Generator().manual_seed(0)
    real = torch.rand(64, 1, 8, 8, generator=generator).round()[:4].repeat(16, 1, 1, 1)
    optimiser = torch.optim.Adam(model.discriminator.parameters(), lr=1e-3)
    for _ in range(150):
        descend(optimiser, ebgan.discriminator_objective(model, real, model.noise(64)))
    with torch.no_grad():
        of_real, of_fake = model.energies(real).mean(), model.energies(model.generator(model.noise(64))).mean()
    assert of_real < 0.3 * of_fake
    assert of_fake > 0.09


@BOTH
def test_each_loss_is_of_its_player(plugin, make_task) -> None:
    """Kills: fakes of the discriminator's step that are not cut off; a generator that raises its energy."""
    model = _built(plugin, make_task())
    real, noise = torch.rand(16, 1, 8, 8), model.noise(16)
    torch.autograd.backward(plugin.discriminator_objective(model, real, noise))
    assert all(weight.grad is None for weight in model.generator.parameters())
    with torch.no_grad():
        before = model.energies(model.generator(noise)).mean()
    loss = plugin.generator_objective(model, real, noise)
    descend(torch.optim.Adam(model.generator.parameters(), lr=1e-4), loss, only_own=True)
    with torch.no_grad():
        assert model.energies(model.generator(noise)).mean() < before


@pytest.mark.parametrize(
    ("real", "fake", "gain", "expected"),
    [(1.0, 0.2, 0.1, 0.53), (1.0, 0.9, 0.1, 0.46), (9.0, 0.0, 1.0, 1.0), (0.0, 9.0, 1.0, 0.0)],
)
def test_the_balance_follows_its_formula_within_bounds(real, fake, gain, expected, make_task) -> None:
    """Kills: k that is not clipped (a published code's); L(G) - gamma L(x); gamma on the wrong error. From k = 0.5."""
    model = _built(began, make_task(), gain=gain, diversity=0.5)
    for buffer, value in ((model.balance, 0.5), (model.error_of_real, real), (model.error_of_fake, fake)):
        buffer.fill_(value)
    began.rebalance(model)
    assert model.balance.item() == pytest.approx(expected)


def test_the_balance_weighs_the_fakes_error() -> None:
    """Kills: k on the real rows' error; a plus sign, by which fakes would be reconstructed well."""
    real, fake, balance = torch.tensor(3.0), torch.tensor(2.0), torch.tensor(0.25)
    assert began.discriminator_loss(real, fake, balance).item() == 2.5


def test_the_balance_is_brought_up_to_date_in_training(make_task, make_batches) -> None:
    """Kills: k changed by other errors than the step's, before the generator's step, or never."""
    model = _built(began, make_task(), gain=1.0, diversity=1.0)
    began.train(model, make_batches(torch.rand(64, 1, 8, 8), 1))
    gap = model.error_of_real - model.error_of_fake
    assert model.balance.item() == pytest.approx(max(0.0, min(1.0, gap.item())))
    assert min(model.error_of_real, model.error_of_fake) > 0
    assert {"balance", "error_of_real", "error_of_fake"} <= model.state_dict().keys()
