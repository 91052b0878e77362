"""Normalisation over the batch: where it stands, what it must not mix, and that the networks learn."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn

from genbench_gan import canonical, dcgan
from genbench_gan.networks import LEARNT

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
EVERY = pytest.mark.parametrize("kind", ["points", "image", "wave"])


def _built(task, **options):
    torch.manual_seed(0)
    return dcgan.build(task, dcgan.Options(**options)).train()


@EVERY
@pytest.mark.parametrize("backbone", ["neutral", "canonical"])
def test_every_layer_but_the_two_ends_is_normalised(kind, backbone, task_of) -> None:
    """Kills: batch normalisation of the discriminator's first layer or the generator's output; a layer without."""
    model = _built(task_of(kind), backbone=backbone)
    normed = {
        name: [isinstance(after, NORMS) for layer, after in _followed(network) if isinstance(layer, LEARNT)]
        for name, network in (("g", model.generator), ("d", model.discriminator))
    }
    assert normed["g"] == [True] * (len(normed["g"]) - 1) + [False]
    assert normed["d"] == [False] + [True] * (len(normed["d"]) - 2) + [False]


def _followed(network) -> list[tuple[nn.Module, nn.Module | None]]:
    layers = [layer for layer in network if not isinstance(layer, nn.Unflatten | nn.Flatten)]
    return list(zip(layers, [*layers[1:], None], strict=True))


def test_normalisation_begins_near_1(task_of) -> None:
    """Kills: factors of exactly 1, or drawn around 0. The paper's authors draw them from N(1, 0.02^2)."""
    norms = [layer for layer in _built(task_of("image"), width=256).discriminator if isinstance(layer, NORMS)]
    assert norms
    for norm in norms:
        assert norm.weight.std().item() == pytest.approx(canonical.SPREAD, rel=0.15)
        assert norm.weight.mean().item() == pytest.approx(1, abs=0.01)
        assert not norm.bias.any()


@EVERY
def test_real_and_fake_rows_share_no_statistics(kind, task_of, rows_of) -> None:
    """Kills: real and fake rows in one pass, whose statistics tell the one from the other."""
    model, task = _built(task_of(kind)), task_of(kind)
    real, fake = rows_of(task, 16), rows_of(task, 32)[16:]
    of_real, of_fake = model.both(real, fake)
    torch.testing.assert_close(of_real, model.discriminator(real))
    torch.testing.assert_close(of_fake, model.discriminator(fake))
    torch.testing.assert_close(model.both(real, 2 * fake)[0], of_real)
    assert not torch.allclose(model.discriminator(torch.cat([real, fake]))[:16], of_real)


def test_noise_is_uniform(task_of) -> None:
    """Kills: normal noise, which the paper does not have; noise in [0, 1]."""
    noise = _built(task_of("image")).noise(2_000)
    assert noise.shape == (2_000, canonical.LATENT)
    assert noise.abs().max() <= 1
    assert noise.std().item() == pytest.approx(3**-0.5, rel=0.01)


@pytest.mark.slow
def test_it_draws_every_digit(task_of, make_batches) -> None:
    """Kills: weights as torch draws them, and learning rates at which one player wins: fewer than nine classes."""
    rows, labels = load_digits(return_X_y=True)
    judge = LogisticRegression(max_iter=500).fit(rows / 16, labels)
    model = _built(task_of("image", batch_size=128, examples=len(rows)))
    images = torch.from_numpy(rows / 16).float().view(-1, 1, 8, 8)
    dcgan.train(model, make_batches(images, 700, 128))
    model.eval()
    with torch.no_grad():
        drawn = dcgan.sample(model, 1_000, "raw").flatten(1)
    found = torch.bincount(torch.from_numpy(judge.predict(drawn.numpy())), minlength=10)
    assert (found >= 20).sum() >= 9
