"""The adversarial game against closed forms: its values, its optimum, who moves and which way."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn.utils import parameters_to_vector

from genbench.steps import descend
from genbench_gan import gan
from genbench_gan.ema import RunningAverage

LOSSES = pytest.mark.parametrize("loss", ["ns", "mm"])


def _built(task, **options) -> gan.Gan:
    torch.manual_seed(0)
    return gan.build(task, gan.Options(**options))


def _descend(network, loss) -> None:
    descend(torch.optim.Adam(network.parameters(), lr=1e-4), loss, only_own=True)


def test_losses_of_an_undecided_discriminator() -> None:
    """Kills: log(sigmoid) of a probability; a mean of the two halves instead of their sum; labels swapped in one."""
    undecided = torch.zeros(7, 1)
    assert gan.discriminator_loss(undecided, undecided).item() == pytest.approx(2 * math.log(2))
    assert gan.generator_loss(undecided, "ns").item() == pytest.approx(math.log(2))
    assert gan.generator_loss(undecided, "mm").item() == pytest.approx(-math.log(2))


def test_losses_do_not_overflow() -> None:
    """Kills: log(1 - sigmoid(s)), which is -inf as soon as the discriminator is sure."""
    sure = torch.full((3, 1), 200.0)
    assert gan.discriminator_loss(-sure, sure).item() == pytest.approx(400)
    assert gan.generator_loss(-sure, "ns").item() == pytest.approx(200)
    assert gan.generator_loss(sure, "mm").item() == pytest.approx(-200)


def test_minimax_is_the_discriminators_loss_turned_round() -> None:
    """Kills: the minimax form written as log D; the two forms swapped."""
    real, fake = torch.randn(9, 1), torch.randn(9, 1)
    total = gan.discriminator_loss(real, fake) + gan.generator_loss(fake, "mm")
    torch.testing.assert_close(total, nn.functional.softplus(-real).mean())


def test_the_best_discriminator_is_the_log_ratio() -> None:
    """Kills: real and fake swapped; one side weighed twice. P = N(0, 1), Q = N(1, 1.2^2): 1.189560 = log 4 - 2 JSD."""
    quantiles = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    base = torch.from_numpy(stats.norm.ppf(quantiles))[:, None]
    features = lambda x: torch.cat([x.square(), x], dim=1)  # noqa: E731  the log ratio is quadratic in x
    real, fake = features(base), features(1 + 1.2 * base)
    logit = nn.Linear(2, 1, dtype=torch.float64)
    optimiser = torch.optim.LBFGS(logit.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = gan.discriminator_loss(logit(real), logit(fake))
        torch.autograd.backward(loss)
        return loss

    optimiser.step(closure)
    x = torch.linspace(-2, 3, 101, dtype=torch.float64)[:, None]
    with torch.no_grad():
        error = logit(features(x)) - (-x.square() / 2 + (x - 1).square() / 2.88 + math.log(1.2))
    assert closure().item() == pytest.approx(1.189560, abs=2e-4)
    assert error.square().mean().sqrt() < 0.1


@LOSSES
def test_a_step_of_the_generator_fools(loss, make_task) -> None:
    """Kills: a generator that descends the discriminator's loss."""
    model = _built(make_task(), loss=loss, lr=1e-4)
    noise = model.noise(64)
    before = model.discriminator(model.generator(noise)).mean()
    _descend(model.generator, gan.generator_objective(model, torch.empty(0), noise))
    assert model.discriminator(model.generator(noise)).mean() > before


def test_a_step_of_the_discriminator_tells_apart(make_task) -> None:
    """Kills: real rows labelled as fakes."""
    model = _built(make_task(), lr=1e-4)
    real, noise = torch.rand(64, 1, 8, 8), model.noise(64)

    def gap() -> float:
        return (model.discriminator(real).mean() - model.discriminator(model.generator(noise)).mean()).item()

    before = gap()
    _descend(model.discriminator, gan.discriminator_objective(model, real, noise))
    assert gap() > before


def test_a_step_touches_one_network(make_task) -> None:
    """Kills: gradients of the generator's loss left in the discriminator; fakes of its step not cut off."""
    model = _built(make_task())
    _descend(model.generator, gan.generator_objective(model, torch.empty(0), model.noise(8)))
    assert all(p.grad is None for p in model.discriminator.parameters())
    model.generator.zero_grad()
    loss = gan.discriminator_objective(model, torch.rand(8, 1, 8, 8), model.noise(8))
    torch.autograd.backward(loss)
    assert all(p.grad is None for p in model.generator.parameters())


def test_order_and_noise_of_the_game(make_task, make_batches, monkeypatch) -> None:
    """Kills: the generator first; one set of noise for both steps; noise of another length than the hand-out."""
    model, played = _built(make_task()), []
    judge, fool = gan.discriminator_objective, gan.generator_objective
    monkeypatch.setattr(gan, "discriminator_objective", lambda m, x, z: played.append(("d", z)) or judge(m, x, z))
    monkeypatch.setattr(gan, "generator_objective", lambda m, x, z: played.append(("g", z)) or fool(m, x, z))
    gan.train(model, make_batches(torch.rand(64, 1, 8, 8), 3))
    assert [who for who, _ in played] == ["d", "g"] * 3
    assert {len(noise) for _, noise in played} == {16}
    assert len({noise.sum().item() for _, noise in played}) == 6


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_a_logit_does_not_depend_on_its_batch(shape, make_task) -> None:
    """Kills: batch normalisation in the discriminator, under which real and fake rows may not share a pass."""
    model = _built(make_task(shape)).train()
    x = torch.rand(6, *shape)
    torch.testing.assert_close(model.discriminator(x)[:1], model.discriminator(x[:1]), rtol=1e-5, atol=1e-6)


def test_the_running_average_is_its_formula() -> None:
    """Kills: 1 - w for w; an average that holds on to the untrained weights; a decay that outgrows 0.999."""
    network = nn.Linear(2, 3)
    average = RunningAverage(network)
    expected = parameters_to_vector(network.parameters()).detach().double()
    for update in range(1, 60):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.follow(network)
        weight = max(0.001, 9 / (10 + update))
        expected += weight * (parameters_to_vector(network.parameters()).detach() - expected)
    torch.testing.assert_close(parameters_to_vector(average.parameters()).double(), expected, rtol=1e-4, atol=1e-5)
    average.load_state_dict(average.state_dict() | {"updates": torch.tensor(1e6)})
    before = parameters_to_vector(average.parameters()).clone()
    average.follow(network)
    step = parameters_to_vector(network.parameters()).detach() - before
    torch.testing.assert_close(parameters_to_vector(average.parameters()) - before, 0.001 * step, rtol=0.02, atol=1e-5)


def test_the_running_average_goes_on_where_it_stood(make_task, make_batches) -> None:
    """Kills: a count of updates, or averaged statistics, that the state leaves out."""
    model = _built(make_task((1, 12, 12)))
    gan.train(model, make_batches(torch.rand(64, 1, 12, 12), 3))
    restored = _built(make_task((1, 12, 12)))
    follow = restored.ema.following(restored.generator)
    for _ in range(7):
        follow()
    restored.load_state_dict(model.state_dict())
    model.ema.follow(model.generator)
    follow()  # as a training that is gone on with: its tensors were looked up before
    assert model.ema.updates == restored.ema.updates == 4
    assert all(torch.equal(a, b) for a, b in zip(model.ema.buffers(), restored.ema.buffers(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(model.ema.parameters(), restored.ema.parameters(), strict=True))


def test_the_running_average_on_a_device_is_that_on_the_host(monkeypatch) -> None:
    """Kills: a weight that is the host's, which a graph would freeze; differences added with the wrong sign."""
    torch.manual_seed(0)
    network = nn.Linear(4, 4)
    host, device = RunningAverage(network), RunningAverage(network)
    monkeypatch.setattr(RunningAverage, "is_on_host", property(lambda self: self is host))
    for _ in range(1_200):
        with torch.no_grad():
            network.weight.add_(0.1 * torch.randn(4, 4))
        for each in (host, device):
            each.follow(network)
    assert host.updates == device.updates == 1_200
    torch.testing.assert_close(device.network.weight, host.network.weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_training_is_the_plain_loop_to_the_last_bit(shape, make_task, make_batches) -> None:
    """Kills: a trick of `genbench.steps` that changes a number; a gradient that is added to the last one."""
    rows, model, plain = torch.randn(64, *shape).sigmoid(), _built(make_task(shape)), _built(make_task(shape))
    torch.manual_seed(1)
    gan.train(model, make_batches(rows, 12))
    torch.manual_seed(1)
    adam_d, adam_g = (
        torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)
        for network in (plain.discriminator, plain.generator)
    )
    for count, real in enumerate(make_batches(rows, 12), start=1):
        noise = torch.randn(16, plain.latent)
        adam_d.zero_grad()
        gan.discriminator_objective(plain, real, noise).backward()
        adam_d.step()
        adam_g.zero_grad()
        gan.generator_objective(plain, real, torch.randn(16, plain.latent)).backward()
        adam_g.step()
        with torch.no_grad():
            for own, other in zip(_numbers(plain.ema.network), _numbers(plain.generator), strict=True):
                own.lerp_(other, max(0.001, 9 / (10 + count)))
    plain.ema.updates.fill_(12)
    expected = plain.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def _numbers(network) -> list[torch.Tensor]:
    return [value for value in network.state_dict().values() if value.is_floating_point()]


def test_variants_differ(make_task, make_batches) -> None:
    """Kills: a variant that is named and ignored."""
    model = _built(make_task())
    gan.train(model, make_batches(torch.rand(64, 1, 8, 8), 5))
    model.eval()
    noise = model.noise(4)
    model.noise = lambda count: noise
    with torch.no_grad():
        raw, averaged = (gan.sample(model, 4, variant) for variant in gan.variants())
        assert torch.equal(raw, model.generator(noise))
    assert gan.variants() == ("raw", "ema")
    assert not torch.equal(raw, averaged)
