"""Mode regularisation: without its weights it is the plain game, and with them it reconstructs."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from genbench.metrics.modes import modes
from genbench_gan import gan
from genbench_hybrids import mode_reg_gan


def _built(plugin, task, **options):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options)).train()


def _trained(plugin, task, rows, make_batches, **options) -> dict[str, torch.Tensor]:
    model = _built(plugin, task, **options)
    torch.manual_seed(1)
    plugin.train(model, make_batches(rows, 8))
    return model.state_dict()


@pytest.mark.parametrize("kind", ["image", "points", "wave"])
def test_without_weights_it_is_the_plain_game(kind, task_of, rows_of, make_batches) -> None:
    """Kills: an encoder that is built first, or draws noise; a term of weight 0 that moves batch statistics."""
    task = task_of(kind)
    plain = _trained(gan, task, rows_of(task), make_batches)
    found = _trained(mode_reg_gan, task, rows_of(task), make_batches, distance=0.0, realism=0.0)
    assert plain.keys() < found.keys()
    assert [name for name in plain if not torch.equal(plain[name], found[name])] == []


def test_normalised_images_too(make_task, make_batches) -> None:
    """Kills: reconstructions that pass through batch normalisation where they weigh nothing."""
    task, rows = make_task((1, 12, 12)), torch.rand(64, 1, 12, 12)
    plain = _trained(gan, task, rows, make_batches)
    found = _trained(mode_reg_gan, task, rows, make_batches, distance=0.0, realism=0.0)
    assert all(torch.equal(plain[name], found[name]) for name in plain)


def test_a_perfect_auto_encoder_has_no_distance(make_task) -> None:
    """Kills: a distance to something else than x; a public port's D that is not defined, or of probabilities."""
    model = _built(mode_reg_gan, make_task((2,)), latent=2, distance=3.0, realism=0.0)
    model.encoder, model.generator = torch.nn.Identity(), torch.nn.Identity()
    x = torch.randn(9, 2)
    assert mode_reg_gan.regulariser(model, x).item() == 0
    model.generator = torch.nn.Linear(2, 2)
    torch.nn.init.zeros_(model.generator.weight)
    torch.nn.init.zeros_(model.generator.bias)
    torch.testing.assert_close(mode_reg_gan.regulariser(model, x), 3 * x.square().sum(dim=1).mean())


def test_the_encoder_goes_down_the_regulariser_alone(make_task) -> None:
    """Kills: samples' fooling in the encoder's loss; a regulariser that the encoder is cut off from."""
    model = _built(mode_reg_gan, make_task())
    x, noise, own = torch.rand(16, 1, 8, 8), model.noise(16), list(model.encoder.parameters())
    whole, alone = (
        torch.autograd.grad(loss, own)
        for loss in (mode_reg_gan.generator_objective(model, x, noise), mode_reg_gan.regulariser(model, x))
    )
    for first, second in zip(whole, alone, strict=True):
        torch.testing.assert_close(first, second)
    assert sum(each.abs().sum() for each in alone) > 0


def test_the_diffusion_steps_real_rows_are_reconstructions(make_task, monkeypatch) -> None:
    """Kills: samples called real; data in the diffusion step; reconstructions that its gradient reaches."""
    model, seen = _built(mode_reg_gan, make_task(), form="mdgan"), []

    def tapped(x: torch.Tensor) -> torch.Tensor:
        seen.append((x, model.diffusion_discriminator(x).detach().requires_grad_()))
        return seen[-1][1]

    monkeypatch.setattr(model, "diffusion_logits", tapped)
    x, noise = torch.rand(16, 1, 8, 8), model.noise(16)
    mode_reg_gan.diffusion_objective(model, x, noise).backward()
    judged, logits = seen[0]
    with torch.no_grad():
        torch.testing.assert_close(judged, torch.cat([model.decoded(model.codes(x)), model.generator(noise)]))
    assert not judged.requires_grad
    of_reconstructions, of_samples = logits.grad.chunk(2)
    assert (of_reconstructions < 0).all()
    assert (of_samples > 0).all()
    mode_reg_gan.diffused_objective(model, x, noise).backward()
    assert torch.equal(seen[1][0], model.generator(noise))
    assert (seen[1][1].grad < 0).all()


def test_manifold_diffusion_moves_every_network_once(make_task, make_batches) -> None:
    """Kills: a generator that steps for each of the two stages; a second discriminator that stays as it is."""
    task = make_task()
    before = _built(mode_reg_gan, task, form="mdgan").state_dict()
    model = _built(mode_reg_gan, task, form="mdgan")
    mode_reg_gan.train(model, make_batches(torch.rand(64, 1, 8, 8), 1))
    after = model.state_dict()
    for network in ("generator", "encoder", "discriminator", "diffusion_discriminator"):
        step = max((after[name] - before[name]).abs().max() for name in after if name.startswith(f"{network}."))
        assert step.item() == pytest.approx(1e-3, rel=0.02)


@pytest.mark.slow
def test_more_modes_are_kept_than_by_the_plain_game(make_task, make_batches) -> None:
    """Kills: a regulariser that never reaches the generator.

    Modes of eight after 500 steps, five seeds: 8, 8, 8, 5 and 8 against 0, 2, 8, 0 and 1.
    """
    angles = torch.arange(8) * (2 * math.pi / 8)
    centres = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)
    generator = torch.Generator().manual_seed(0)
    rows = centres[torch.randint(8, (10_000,), generator=generator)] + 0.02 * torch.randn(
        10_000, 2, generator=generator
    )
    found = {gan: [], mode_reg_gan: []}
    for plugin, seed in itertools.product(found, range(5)):
        torch.manual_seed(seed)
        model = plugin.build(make_task((2,), batch_size=128), plugin.Options()).train()
        plugin.train(model, make_batches(rows, 500, 128))
        model.eval()
        with torch.no_grad():
            drawn = plugin.sample(model, 2000, plugin.variants()[0])
        found[plugin].append(modes(drawn.numpy(), centres.numpy(), 0.02)["modes"].value)
    assert sum(found[mode_reg_gan]) >= sum(found[gan])
    assert sum(found[mode_reg_gan]) > 30
