"""The variational autoencoder against closed forms: its divergence, its bound, its optimum where that is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from genbench_vae import bounds, vae
from genbench_vae.likelihoods import Bernoulli, Gaussian

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench import Task

DIMENSIONS, LATENT, ROWS = 5, 2, 500


class Linear(nn.Module):
    """An encoder of a mean that is linear in x and of a log variance that is not of x at all."""

    def __init__(self, inputs: int, latent: int) -> None:
        super().__init__()
        self.mean = nn.Linear(inputs, latent)
        self.log_variance = nn.Parameter(torch.zeros(latent))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.mean(x), self.log_variance.expand(len(x), -1)], dim=1)


def _linear(make_task: Callable[..., Task], **options) -> vae.Vae:
    model = vae.build(make_task((DIMENSIONS,)), vae.Options(latent=LATENT, **options))
    model.encoder = Linear(DIMENSIONS, LATENT)
    model.decoder = Gaussian(nn.Linear(LATENT, DIMENSIONS), "points")
    return model


def _rows() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(3, DIMENSIONS, generator=generator, dtype=torch.float64)
    latent = torch.randn(ROWS, 3, generator=generator, dtype=torch.float64) * torch.tensor([1.5, 1.0, 0.4])
    noise = torch.randn(ROWS, DIMENSIONS, generator=generator, dtype=torch.float64)
    return latent @ mixing + 0.4 * noise + 0.7


def _principal_components(rows: Tensor) -> tuple[Tensor, Tensor, float]:
    """Return W, the mean and s2 of the most likely probabilistic PCA (Tipping & Bishop, 1999, equations 7 and 8)."""
    values, vectors = torch.linalg.eigh(torch.cov(rows.T, correction=0))
    variance = values[:-LATENT].mean()
    weights = vectors[:, -LATENT:] * (values[-LATENT:] - variance).sqrt()
    return weights, rows.mean(0), float(variance)


def _exact(rows: Tensor, weights: Tensor, mean: Tensor, variance: float) -> Tensor:
    """Return log N(x; mean, W W' + s2 I) [n]."""
    covariance = weights @ weights.T + variance * torch.eye(DIMENSIONS, dtype=rows.dtype)
    return torch.distributions.MultivariateNormal(mean, covariance).log_prob(rows)


def _expected_elbo(model: vae.Vae, rows: Tensor) -> float:
    """Return the mean bound without sampling noise: on a linear decoder it is quadratic, so 2 d points do."""
    axes = math.sqrt(LATENT) * torch.eye(LATENT, dtype=rows.dtype)
    points = torch.cat([axes, -axes])
    with torch.no_grad():
        return float(torch.stack([bounds.elbo(model, rows, p.expand(len(rows), -1)).mean() for p in points]).mean())


def _set_to_optimum(model: vae.Vae, rows: Tensor) -> float:
    weights, mean, variance = _principal_components(rows)
    precision = weights.T @ weights / variance + torch.eye(
        LATENT, dtype=rows.dtype
    )  # diagonal: W has orthogonal columns
    gain = torch.linalg.solve(precision, weights.T) / variance
    model.double()
    with torch.no_grad():
        model.encoder.mean.weight.copy_(gain)
        model.encoder.mean.bias.copy_(-gain @ mean)
        model.encoder.log_variance.copy_(-precision.diagonal().log())
        model.decoder.network.weight.copy_(weights)
        model.decoder.network.bias.copy_(mean)
        model.decoder.log_variance.fill_(math.log(variance))
    return float(_exact(rows, weights, mean, variance).mean())


def test_divergence_from_the_prior() -> None:
    """Kills: a mean over latents instead of a sum; exp(lv / 2) for exp(lv); a lost factor of 1/2."""
    value = bounds.divergences(torch.tensor([[0.5, -1.0]]), torch.tensor([[0.2, -0.4]])).sum(dim=1)
    assert value.item() == pytest.approx(0.670861, abs=1e-6)


def test_pixels_are_summed(make_task) -> None:
    """Kills: a mean over pixels, which weighs the divergence 64-fold."""
    model = vae.build(make_task((1, 8, 8)), vae.Options())
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    bound = bounds.elbo(model, torch.rand(3, 1, 8, 8), torch.randn(3, 16))
    torch.testing.assert_close(bound, torch.full((3,), -64 * math.log(2)))


def test_the_optimum_is_that_of_probabilistic_pca(make_task) -> None:
    """Kills: a Gaussian without its log(2 pi s2); a divergence weighed other than 1."""
    rows, model = _rows(), _linear(make_task)
    exact = _set_to_optimum(model, rows)
    assert _expected_elbo(model, rows) == pytest.approx(exact, abs=1e-6)


def test_training_reaches_the_optimum_and_never_exceeds_it(make_task, make_batches) -> None:
    """Kills: noise of the wrong scale; a loss that leaves the divergence out; a variance that is not learnt."""
    rows = _rows()
    exact = _set_to_optimum(_linear(make_task), rows)
    torch.manual_seed(0)
    model, seen = _linear(make_task), []
    with torch.no_grad():
        model.decoder.log_variance.zero_()
    batches = make_batches(rows.float(), 800, ROWS)
    for fraction, rate in ((0.5, 0.03), (0.75, 0.01), (1.0, 0.002)):
        model.options = vae.Options(lr=rate)
        vae.train(model, batches.until(fraction))
        seen.append(_expected_elbo(model, rows.float()))
    assert max(seen) <= exact + 1e-5
    assert seen[-1] == pytest.approx(exact, abs=0.01)


def test_the_bound_tightens_towards_the_exact_likelihood(make_task) -> None:
    """Kills: a lost - log k; prior and posterior swapped; samples averaged over rows."""
    rows, model = _rows(), _linear(make_task)
    exact = _set_to_optimum(model, rows)
    with torch.no_grad():
        model.encoder.mean.bias.add_(0.2)
        model.encoder.log_variance.add_(1.0)
    torch.manual_seed(0)
    with torch.no_grad():
        found = [
            float(bounds.importance_bound(model, rows, torch.randn(k, ROWS, LATENT, dtype=rows.dtype)).mean())
            for k in (5, 50, 500)
        ]
    ladder = [_expected_elbo(model, rows), *found]
    assert ladder == sorted(ladder)
    assert max(ladder) <= exact + 0.005
    assert ladder[-1] == pytest.approx(exact, abs=0.02)
    assert ladder[0] < exact - 0.3


@pytest.mark.parametrize(("samples", "value"), [(1, -2.0914), (2, -1.828), (5, -1.729), (20, -1.697), (100, -1.689)])
def test_known_importance_bounds(samples, value, make_task) -> None:
    """Kills: a posterior density that forgets its normaliser. x|z ~ N(z, 1), q(z|x) = N(x/2 + 1/2, 1), x = 1.3."""
    model = vae.build(make_task((1,)), vae.Options(latent=1))
    model.encoder, model.decoder = Linear(1, 1), Gaussian(nn.Identity(), "points")
    with torch.no_grad():
        model.encoder.mean.weight.fill_(0.5)
        model.encoder.mean.bias.fill_(0.5)
        model.decoder.log_variance.zero_()
        torch.manual_seed(0)
        x = torch.full((200_000 // samples, 1), 1.3)
        bound = bounds.importance_bound(model, x, torch.randn(samples, len(x), 1)).mean()
    assert bound.item() == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(
    ("shape", "likelihood", "measure"),
    [((2,), "auto", "density"), ((1, 8, 8), "auto", "bernoulli"), ((1, 8, 8), "gaussian", "density")],
)
def test_a_likelihood_says_what_it_is(shape, likelihood, measure, make_task) -> None:
    """Kills: a bound named by its default instead of by the option; a density passed off as a mass."""
    model = vae.build(make_task(shape), vae.Options(iwae_samples=7, likelihood=likelihood))
    with torch.no_grad():
        found = vae.log_likelihood(model, torch.rand(11, *shape))
    assert (found.bound, found.measure) == ("iwae@7", measure)
    assert found.values.shape == (11,)
    assert found.values.isfinite().all()


def test_a_likelihood_in_pieces_keeps_its_rows_in_order(make_task, monkeypatch) -> None:
    """Kills: memory that grows with rows x samples; pieces that come back in another order or shape."""
    model = vae.build(make_task((2,)), vae.Options(iwae_samples=64))
    x = torch.randn(9, 2)
    x[4] = 1e3  # far out: by far the least likely, wherever the pieces are cut
    sizes = []
    real = bounds.importance_bound
    monkeypatch.setattr(bounds, "ROWS_AT_ONCE", 128)
    monkeypatch.setattr(
        bounds, "importance_bound", lambda m, rows, noise: sizes.append(len(rows)) or real(m, rows, noise)
    )
    with torch.no_grad():
        values = vae.log_likelihood(model, x).values
    assert sizes == [2, 2, 2, 2, 1]
    assert values.argmin() == 4


def test_a_likelihood_is_float32_also_under_bf16(make_task) -> None:
    """Kills: a score that is rounded to three digits because training was."""
    task, x = make_task(precision="bf16"), torch.rand(4, 1, 8, 8)
    torch.manual_seed(0)
    model = vae.build(task, vae.Options())
    torch.manual_seed(1)
    found = vae.log_likelihood(model, x).values
    model.task = make_task()
    torch.manual_seed(1)
    assert torch.equal(found, vae.log_likelihood(model, x).values)


def test_an_extreme_encoder_stays_finite(make_task) -> None:
    """Kills: exp() of an unbounded log variance."""
    model = _linear(make_task)
    with torch.no_grad():
        model.encoder.log_variance.fill_(1e4)
    _, log_variance = model.posterior(torch.zeros(2, DIMENSIONS))
    assert log_variance.max() == 10
    assert bounds.elbo(model, torch.zeros(2, DIMENSIONS), torch.randn(2, LATENT)).isfinite().all()


def test_a_density_does_not_grow_without_bound() -> None:
    """Kills: a learned variance without a floor, which one repeated point drives to zero."""
    decoder = Gaussian(nn.Identity(), "points")
    with torch.no_grad():
        decoder.log_variance.fill_(-1e3)
    assert decoder.log_prob(torch.zeros(1, 1), torch.zeros(1, 1)).item() == pytest.approx(
        5 - 0.5 * math.log(2 * math.pi)
    )


def test_a_gaussian_draw_has_its_variance() -> None:
    """Kills: a draw with the variance for its deviation; a draw without noise."""
    decoder = Gaussian(nn.Identity(), "points")
    with torch.no_grad():
        decoder.log_variance.fill_(math.log(0.09))
        drawn = decoder.draw(torch.ones(20_000, 1))
    assert drawn.std().item() == pytest.approx(0.3, rel=0.03)
    assert drawn.mean().item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("shape", "decoder", "says"),
    [((1, 8, 8), "auto", "decoder mean"), ((1, 8, 8), "draw", "draw from the decoder"),
     ((2,), "auto", "draw from the decoder"), ((2,), "mean", "decoder mean")],
)  # fmt: skip
def test_what_a_sample_is(shape, decoder, says, make_task) -> None:
    """Kills: means passed off as draws, on images or on points."""
    model = vae.build(make_task(shape), vae.Options(decoder=decoder))
    assert model.sampling == says
    noise = torch.zeros(64, model.latent)
    model.noise = lambda count: noise
    with torch.no_grad():
        drawn = vae.sample(model, 64)
    assert (drawn.std(dim=0).max() == 0) == (says == "decoder mean")
    if isinstance(model.decoder, Bernoulli) and decoder == "draw":
        assert set(drawn.unique().tolist()) == {0.0, 1.0}


def test_points_do_not_collapse_at_the_start(make_task, make_batches) -> None:
    """Kills: a variance that starts at 1, under which the decoder learns to ignore z (measured: 2 modes of 8)."""
    angles = torch.arange(64) * (2 * math.pi / 8)
    rows = torch.stack([angles.cos(), angles.sin()], dim=1) * math.sqrt(2)
    torch.manual_seed(0)
    model = vae.build(make_task((2,)), vae.Options())
    vae.train(model, make_batches(rows, 300, 64))
    error = (vae.reconstruct(model, rows) - rows).square().mean()
    assert error.item() < 0.1


def test_bernoulli_is_not_for_points(make_task) -> None:
    with pytest.raises(ValueError, match="needs pixels in \\[0, 1\\], got points"):
        vae.build(make_task((2,)), vae.Options(likelihood="bernoulli"))


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_training_is_the_plain_loop_to_the_last_bit(shape, make_task, make_batches) -> None:
    """Kills: a trick of `genbench.steps` that changes a number; a gradient that is added to the last one."""
    rows = torch.randn(64, *shape).sigmoid()
    models = []
    for _ in range(2):
        torch.manual_seed(0)
        models.append(vae.build(make_task(shape), vae.Options()))
    torch.manual_seed(1)
    vae.train(models[0], make_batches(rows, 12))
    torch.manual_seed(1)
    adam = torch.optim.Adam(models[1].parameters(), lr=2e-3, fused=True)
    for x in make_batches(rows, 12):
        loss = -bounds.elbo(models[1], x, torch.randn(16, models[1].latent)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    trained, plain = (each.state_dict() for each in models)
    assert all(torch.equal(value, plain[name]) for name, value in trained.items())
