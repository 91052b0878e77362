"""The importance bound as an objective, and the gradient of less variance."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench_vae import bounds, iwae
from genbench_vae.likelihoods import Gaussian

K = 5


class Encoder(nn.Module):
    """Of a mean that is linear in x and of a log variance that is not of x at all."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Linear(1, 1)
        self.log_variance = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return torch.cat([self.mean(x), self.log_variance.expand(len(x), -1)], dim=1)


@pytest.fixture
def toy(make_task):
    """z ~ N(0, 1), x|z ~ N(z, 1), q(z|x) = N(x / 2 + 1/2, 1)."""
    model = iwae.build(make_task((1,)), iwae.Options(latent=1, k=K))
    model.encoder, model.decoder = Encoder(), Gaussian(nn.Linear(1, 1), "points")
    with torch.no_grad():
        for layer, slope, start in ((model.encoder.mean, 0.5, 0.5), (model.decoder.network, 1.0, 0.0)):
            layer.weight.fill_(slope)
            layer.bias.fill_(start)
        model.decoder.log_variance.zero_()
    return model


def _gradients(model, objective, rows: int = 200_000) -> dict[str, float]:
    model.zero_grad()
    torch.manual_seed(0)
    x = torch.full((rows, 1), 1.3)
    objective(model, x, torch.randn(K, rows, 1)).mean().backward()
    return {name: value.grad.item() for name, value in model.named_parameters()}


def test_both_gradients_agree_in_the_mean(toy) -> None:
    """Kills: the encoder's weight squared twice or not at all; a decoder that is reached through z's hook."""
    standard, doubly = (_gradients(toy, each) for each in (bounds.importance_bound, iwae.doubly_reparameterised))
    for name, value in standard.items():
        assert doubly[name] == pytest.approx(value, abs=0.01), name
    assert abs(standard["encoder.mean.bias"]) > 0.03


def test_the_doubly_reparameterised_gradient_varies_less(toy) -> None:
    """Kills: the score term left in, which the other gradient has: what the option is for."""

    def spread(objective) -> float:
        found = []
        for seed in range(200):
            torch.manual_seed(seed)
            toy.zero_grad()
            objective(toy, torch.full((8, 1), 1.3), torch.randn(K, 8, 1)).mean().backward()
            found.append(toy.encoder.log_variance.grad.item())
        return float(torch.tensor(found).std())

    assert spread(iwae.doubly_reparameterised) < 0.8 * spread(bounds.importance_bound)


def test_more_samples_bound_more_tightly(toy) -> None:
    """Kills: an average outside of the logarithm. The exact log p(1.3) is -1.68801."""
    x = torch.full((20_000, 1), 1.3)
    with torch.no_grad():
        torch.manual_seed(0)
        ladder = [bounds.importance_bound(toy, x, torch.randn(k, len(x), 1)).mean().item() for k in (1, 2, 5, 20)]
    assert ladder == sorted(ladder)
    assert ladder == pytest.approx([-2.0914, -1.828, -1.729, -1.697], abs=0.03)
    assert ladder[-1] < -1.688


@pytest.mark.parametrize("gradient", ["standard", "dreg"])
def test_training_climbs_to_the_exact_likelihood(gradient, make_task, make_batches) -> None:
    """Kills: a sign; an encoder that is not trained. Rows of N(0, 2): the entropy is 1/2 log(4 pi e)."""
    torch.manual_seed(0)
    model = iwae.build(make_task((1,)), iwae.Options(latent=1, k=K, lr=2e-2, gradient=gradient))
    model.encoder, model.decoder = Encoder(), Gaussian(nn.Linear(1, 1), "points")
    nn.init.zeros_(model.decoder.log_variance)
    rows = torch.randn(512, 1) * 2**0.5
    rows = (rows - rows.mean()) / rows.std(correction=0) * 2**0.5
    iwae.train(model, make_batches(rows, 400, 128))
    with torch.no_grad():
        bound = bounds.importance_bound(model, rows, torch.randn(500, len(rows), 1)).mean().item()
    exact = -0.5 * (torch.log(torch.tensor(4 * torch.pi)) + 1).item()
    assert exact - 0.05 < bound < exact + 0.01
