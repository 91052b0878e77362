"""Who moves down which loss, which way, and who is real: by parameter group."""

from __future__ import annotations

import importlib

import pytest
import torch
from torch import nn

from genbench_hybrids import aae, alpha_gan, avb, mode_reg_gan, vae_gan, veegan


def _built(plugin, task, **options):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options)).train()


def _rows(count: int = 32) -> torch.Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def _gradient(loss: torch.Tensor, network: nn.Module) -> float:
    """Return the gradient's norm by a network's weights, 0 where none passes."""
    found = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True, retain_graph=True)
    return sum(each.square().sum().item() for each in found if each is not None) ** 0.5


def _moved(plugin, task, make_batches, steps: int = 1, **options) -> dict[str, torch.Tensor]:
    model = _built(plugin, task, **options)
    torch.manual_seed(2)
    plugin.train(model, make_batches(_rows(64), steps))
    return model.state_dict()


def _same(first, second, network: str) -> bool:
    return all(torch.equal(value, second[name]) for name, value in first.items() if name.startswith(f"{network}."))


def test_vae_gans_losses_stay_with_their_networks(make_task) -> None:
    """Kills: dL_gan/dEnc, dL_prior/dDec; codes of the decoder's step through which a gradient passes."""
    model = _built(vae_gan, make_task())
    noise = model.noise(64)
    judged = vae_gan.discriminator_objective(model, _rows(), noise)
    assert (
        _gradient(judged, model.encoder)
        == _gradient(judged, model.generator)
        == 0
        < _gradient(judged, model.discriminator)
    )
    assert _gradient(vae_gan.decoder_objective(model, _rows(), noise), model.encoder) == 0
    with torch.no_grad():
        model.discriminator[-1].weight.mul_(0)  # L_GAN sees no x any more, and L_like as before
    assert _gradient(vae_gan.encoder_objective(model, _rows(), noise[:32]), model.encoder) > 0
    assert vae_gan.encoder_objective(model, _rows(), noise[:32]).requires_grad
    prior = vae_gan.divergences(*model.posterior(_rows())).sum()
    assert _gradient(prior, model.generator) == 0 < _gradient(prior, model.encoder)


def test_vae_gans_networks_move_by_their_own_losses(make_task, make_batches) -> None:
    """Kills: L_like that trains the discriminator; gamma in the encoder; L_GAN in the encoder."""
    first, second = (_moved(vae_gan, make_task(), make_batches, gamma=gamma) for gamma in (0.0, 1e4))
    assert _same(first, second, "discriminator")
    assert _same(first, second, "encoder")
    assert not _same(first, second, "generator")
    near, far = (_moved(vae_gan, make_task(), make_batches, feature_sd=sd) for sd in (0.1, 10.0))
    assert _same(near, far, "discriminator")
    assert not _same(near, far, "encoder")


def test_vae_gans_error_is_of_features(make_task) -> None:
    """Kills: squared error of pixels; a target that gradients reach, which draws features to 0."""
    model = _built(vae_gan, make_task(), feature_sd=0.5)
    x, decoded = _rows(), _rows().flip(0).requires_grad_()
    first = model.discriminator[:3]  # flatten, linear, rectifier
    expected = 0.5 * ((first(x) - first(decoded)) / 0.5).square().sum(dim=1).mean()
    found = vae_gan.feature_error(model, x, decoded)
    torch.testing.assert_close(found, expected)
    found.backward()
    own = [p.grad.clone() for p in model.discriminator[1].parameters()]
    model.zero_grad()
    (0.5 * ((first(x).detach() - first(decoded.detach())) / 0.5).square().sum(dim=1).mean()).backward()
    for mine, parameter in zip(own, model.discriminator[1].parameters(), strict=True):
        torch.testing.assert_close(mine, parameter.grad)
    assert torch.equal(vae_gan.feature_error(model, x, x), torch.zeros(()))


def test_vae_gans_layer_is_counted_in_rectifiers(make_task) -> None:
    """Kills: a layer that is declared and ignored; logits as features where there are fewer layers."""
    model = _built(vae_gan, make_task((1, 12, 12)))
    x = torch.rand(2, 1, 12, 12)
    sizes = [vae_gan.hidden(model.discriminator, x, layer).shape[1] for layer in (1, 2, 3, 8)]
    assert sizes == [16 * 36, 32 * 9, 256, 256]


def test_vae_gan_without_adversary_is_a_feature_vae(make_task) -> None:
    """Kills: fooling that is weighed by gamma too, or an error that is not: as gamma grows it is all of the loss."""
    model = _built(vae_gan, make_task(), gamma=1e6)
    noise, x = model.noise(64), _rows()
    codes = model.drawn(x, noise[:32])
    decoded = model.generator(torch.cat([codes, noise[32:]]))[:32]
    found = vae_gan.decoder_objective(model, x, noise)
    torch.testing.assert_close(found, 1e6 * vae_gan.feature_error(model, x, decoded), rtol=1e-4, atol=0)


def test_alpha_gans_encoder_and_code_discriminator_want_opposites(make_task, monkeypatch) -> None:
    """Kills: the public port that calls codes real, or the prior, in both steps, so that nothing is adversarial."""
    model = _built(alpha_gan, make_task(), reconstruction=0.0)
    seen = []

    def tapped(codes: torch.Tensor) -> torch.Tensor:
        seen.append((codes, model.code_discriminator(codes).detach().requires_grad_()))
        return seen[-1][1]

    monkeypatch.setattr(model, "code_logits", tapped)
    noise = model.noise(32)
    alpha_gan.encoder_objective(model, _rows(), noise).backward()
    alpha_gan.code_objective(model, _rows(), noise).backward()
    (_, fooling), (judged, logits) = seen
    of_encoder, (of_prior, of_codes) = fooling.grad, logits.grad.chunk(2)
    assert torch.equal(judged[:32], noise)
    assert (of_encoder < 0).all()
    assert (of_codes > 0).all()
    assert (of_prior < 0).all()


def test_alpha_gans_losses_stay_with_their_networks(make_task) -> None:
    """Kills: D's gradient in the encoder; codes of the generator's step through which one passes."""
    model = _built(alpha_gan, make_task())
    noise, x = model.noise(32), _rows()
    assert _gradient(alpha_gan.encoder_objective(model, x, noise), model.discriminator) == 0
    assert _gradient(alpha_gan.generator_objective(model, x, noise), model.encoder) == 0
    for objective in (alpha_gan.discriminator_objective, alpha_gan.code_objective):
        loss = objective(model, x, noise)
        assert _gradient(loss, model.encoder) == _gradient(loss, model.generator) == 0


def test_alpha_gans_values(make_task) -> None:
    """Kills: w on the fakes; one kind of fakes left out; an error summed over coordinates."""
    model = _built(alpha_gan, make_task(), real=2.0, reconstruction=3.0)
    with torch.no_grad():
        for network in (model.discriminator, model.code_discriminator):
            network[-1].weight.zero_()
            network[-1].bias.fill_(0.7)
    noise, x, sp = model.noise(32), _rows(), nn.functional.softplus
    s = torch.tensor(0.7)
    torch.testing.assert_close(alpha_gan.discriminator_objective(model, x, noise), 2 * sp(-s) + 2 * sp(s))
    error = (x - model.generator(model.codes(x))).abs().mean()
    torch.testing.assert_close(alpha_gan.encoder_objective(model, x, noise), 3 * error - 0.7)
    codes, joint = model.codes(x), model.generator(torch.cat([model.codes(x), noise]))[:32]
    assert len(codes) == 32
    expected = 3 * (x - joint).abs().mean() - 1.4
    torch.testing.assert_close(alpha_gan.generator_objective(model, x, noise), expected)


def test_alpha_gan_steps_once_a_hand_out(make_task, make_batches) -> None:
    """Kills: the public port's optimiser that steps twice on one gradient: Adam's first step is its rate."""
    before = _built(alpha_gan, make_task()).state_dict()
    after = _moved(alpha_gan, make_task(), make_batches)
    for name in ("encoder", "generator", "discriminator", "code_discriminator"):
        step = max((after[key] - before[key]).abs().max() for key in after if key.startswith(f"{name}."))
        assert step.item() == pytest.approx(1e-3, rel=0.02)


def test_aaes_prior_is_real(make_task, monkeypatch) -> None:
    """Kills: codes called real and the prior fake; noise without the prior's deviation."""
    model, seen = _built(aae, make_task(), prior_sd=5.0), []

    def tapped(z: torch.Tensor) -> torch.Tensor:
        seen.append((z, model.discriminator(z).detach().requires_grad_()))
        return seen[-1][1]

    monkeypatch.setattr(model, "logits", tapped)
    noise = model.noise(64)
    aae.discriminator_objective(model, _rows(), noise).backward()
    judged, logits = seen[0]
    of_prior, of_codes = logits.grad.chunk(2)
    assert torch.equal(judged[:32], 5 * noise[:32])
    assert (of_prior < 0).all()
    assert (of_codes > 0).all()
    aae.coder_objective(model, _rows(), noise[:32]).backward()
    assert (seen[1][1].grad < 0).all()


def test_aaes_fooling_is_no_business_of_the_decoders(make_task) -> None:
    """Kills: phase 3 that moves the decoder; phase 2 that moves the coder."""
    model = _built(aae, make_task(), reconstruction=0.0)
    assert _gradient(aae.coder_objective(model, _rows(), model.noise(32)), model.generator) == 0
    assert _gradient(aae.coder_objective(model, _rows(), model.noise(32)), model.encoder) > 0
    assert _gradient(aae.discriminator_objective(model, _rows(), model.noise(64)), model.encoder) == 0


def test_aae_samples_from_the_prior_that_it_learns(make_task) -> None:
    """Kills: a prior of one deviation in training and of another in sampling."""
    model = _built(aae, make_task(), prior_sd=5.0)
    seen = []
    model.generator.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        aae.sample(model, 4000, "raw")
    assert seen[0].std().item() == pytest.approx(5, rel=0.02)


@pytest.mark.parametrize("posterior", ["deterministic", "gaussian", "universal"])
def test_aaes_posteriors(posterior, make_task, make_batches) -> None:
    """Kills: a posterior that is named and ignored; noise that a deterministic code depends on."""
    model = _built(aae, make_task(), posterior=posterior)
    aae.train(model, make_batches(_rows(64), 3))
    x = _rows(2)
    first, second = (model.codes(x, noise) for noise in model.noise(4).chunk(2))
    assert torch.equal(first, second) == (posterior == "deterministic")
    assert aae.reconstruct(model, x).shape == x.shape


def test_an_undecided_judge_of_codes_is_right_half_of_the_time(make_task) -> None:
    """Kills: codes and prior judged at different scales: where codes ARE the prior the best loss is 2 log 2."""
    model = _built(aae, make_task((2,)), latent=2)
    model.encoder = nn.Identity()
    optimiser = torch.optim.Adam(model.discriminator.parameters(), lr=1e-3)
    for _ in range(60):
        loss = aae.discriminator_objective(model, model.noise(256), model.noise(512))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        right = (
            (model.logits(model.noise(4000)) > 0).float().mean(),
            (model.logits(model.noise(4000)) < 0).float().mean(),
        )
    assert sum(right).item() / 2 == pytest.approx(0.5, abs=0.03)
    assert loss.item() == pytest.approx(1.3863, abs=0.05)


def test_veegans_signs_and_groups(make_task, monkeypatch) -> None:
    """Kills: pairs (F(x), x) called 1; a generator that raises D; D's gradient in the reconstructor, its own in D."""
    model, seen = _built(veegan, make_task(), reconstruction=0.0), []

    def tapped(x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        seen.append((x, z, model.discriminator((x, z)).detach().requires_grad_()))
        return seen[-1][2]

    loss = veegan.generator_objective(model, _rows(), model.noise(32))
    assert _gradient(loss, model.encoder) == 0 < _gradient(loss, model.generator)
    judged = veegan.discriminator_objective(model, _rows(), model.noise(32))
    assert _gradient(judged, model.encoder) == _gradient(judged, model.generator) == 0
    monkeypatch.setattr(model, "pair_logits", tapped)
    noise = model.noise(32)
    veegan.discriminator_objective(model, _rows(), noise).backward()
    veegan.generator_objective(model, _rows(), noise).backward()
    (x, z, judged), (_, given, fooled) = seen
    of_drawn, of_rows = judged.grad.chunk(2)
    assert torch.equal(x[32:], _rows())
    assert torch.equal(z[:32], noise)
    assert torch.equal(given, noise)
    assert (of_drawn < 0).all()
    assert (of_rows > 0).all()
    assert (fooled.grad > 0).all()


def test_veegan_reconstructs_noise() -> None:
    """Kills: an error averaged over coordinates; a distance that is not squared."""
    noise, found = torch.zeros(3, 4), torch.full((3, 4), 2.0)
    assert veegan.noise_error(noise, found).item() == 16
    assert veegan.noise_error(noise, noise).item() == 0


def test_a_judge_of_pairs_sees_both(make_task) -> None:
    """Kills: a judge of z alone, or of x; a row that is put beside another row's codes."""
    model = _built(avb, make_task())
    x, z = _rows(3), model.noise(6)
    both = model.ratio(x, z)
    torch.testing.assert_close(both[:3], model.ratio(x, z[:3]))
    torch.testing.assert_close(both[3:], model.ratio(x, z[3:]))
    assert not torch.allclose(model.ratio(x.flip(0), z[:3]), both[:3])
    assert not torch.allclose(model.ratio(x, z[3:]), both[:3])


@pytest.mark.parametrize("name", ["vae_gan", "aae", "alpha_gan", "avb", "veegan", "mode_reg_gan"])
@pytest.mark.parametrize("kind", ["image", "points", "wave"])
def test_what_is_reconstructed_is_like_x(name, kind, task_of, rows_of) -> None:
    """Kills: logits or codes instead of rows; an encoder of another kind of data."""
    plugin, task = importlib.import_module(f"genbench_hybrids.{name}"), task_of(kind)
    model, x = _built(plugin, task).eval(), rows_of(task)[:3]
    with torch.no_grad():
        found = plugin.reconstruct(model, x)
    assert (found.shape, found.dtype) == (x.shape, x.dtype)
    if kind == "image":
        assert found.min() >= 0


@pytest.mark.parametrize("form", ["reg", "mdgan"])
def test_mode_reg_gan_makes_reconstructions_look_real(form, make_task) -> None:
    """Kills: the printed + lambda 2 log D: a surer D(G(E(x))) must lower the loss of the encoder."""
    model = _built(mode_reg_gan, make_task(), form=form, distance=0.0, realism=0.5)
    x = _rows()
    before = mode_reg_gan.regulariser(model, x)
    with torch.no_grad():
        model.discriminator[-1].bias.add_(1.0)
    after = mode_reg_gan.regulariser(model, x)
    assert after < before
    logits = model.logits(model.decoded(model.codes(x)))
    torch.testing.assert_close(after, 0.5 * nn.functional.softplus(-logits).mean())
