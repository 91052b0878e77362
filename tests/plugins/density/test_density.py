"""The density baselines against scikit-learn, and what their streams keep."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from genbench_density import gmm, kde, pca_gaussian
from genbench_density.components import Components
from genbench_density.moments import Moments
from genbench_density.pca_gaussian import Fit
from genbench_density.reservoir import Reservoir


def _rows(count: int, dimensions: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dimensions, dimensions, generator=generator)
    return torch.randn(count, dimensions, generator=generator) @ mixing + 3


def _theirs(components: Components, *, is_full: bool) -> GaussianMixture:
    """Return scikit-learn's mixture with the same parameters."""
    theirs = GaussianMixture(components.count, covariance_type="full" if is_full else "diag")
    theirs.weights_, theirs.means_ = components.log_weights.exp().numpy(), components.means.numpy()
    deviations = components.variances.sqrt()
    theirs.precisions_cholesky_ = ((components.axes / deviations[:, None]) if is_full else 1 / deviations).numpy()
    if is_full:  # they take the determinant from a triangle's diagonal
        upper = [np.linalg.cholesky(axes @ axes.T).astype(float) for axes in theirs.precisions_cholesky_]
        theirs.precisions_cholesky_ = np.stack(upper)
    return theirs


@pytest.mark.parametrize("is_full", [True, False])
def test_the_mixture_is_that_of_scikit_learn(is_full) -> None:
    """Kills: a determinant with the wrong sign; precisions for variances; a quadratic form that loses its digits."""
    torch.manual_seed(0)
    rows = _rows(500, 3) + 100
    components = Components(4, 3, is_full=is_full, floor=1e-6)
    components.begin(rows)
    for _ in range(5):
        components.step(rows)
    expected = _theirs(components, is_full=is_full).score_samples(rows.double().numpy())
    np.testing.assert_allclose(components.log_prob(rows).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("is_full", "floor"), [(True, 1e-6), (False, 1e-6), (True, 0.5), (False, 0.5)])
def test_a_step_never_lowers_the_likelihood(is_full, floor) -> None:
    """Kills: covariances about the old means; a floor that is added instead of a bound; weights that stay."""
    torch.manual_seed(0)
    rows = _rows(300, 3)
    components = Components(6, 3, is_full=is_full, floor=floor)
    components.begin(rows[:40])
    seen = [components.step(rows).item() for _ in range(30)]
    assert np.diff(seen).min() > -1e-9
    assert seen[-1] > seen[0] + 0.1
    assert components.variances.min() >= floor


def test_a_step_is_that_of_scikit_learn() -> None:
    """Kills: an M-step of another model: tied variances, or variances divided by all rows."""
    torch.manual_seed(0)
    rows = _rows(400, 2)
    components = Components(3, 2, is_full=True, floor=1e-9)
    components.begin(rows)
    start = _theirs(components, is_full=True)
    means, weights = components.means.numpy().copy(), components.log_weights.exp().numpy()
    precisions = start.precisions_cholesky_ @ start.precisions_cholesky_.transpose(0, 2, 1)
    theirs = GaussianMixture(
        3, max_iter=1, reg_covar=0, means_init=means, weights_init=weights, precisions_init=precisions, tol=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one step does not converge
        theirs.fit(rows.double().numpy())
    components.step(rows)
    np.testing.assert_allclose(components.means.numpy(), theirs.means_, atol=1e-6)
    np.testing.assert_allclose(components.log_weights.exp().numpy(), theirs.weights_, atol=1e-6)
    covariances = (components.axes * components.variances[:, None]) @ components.axes.mT
    np.testing.assert_allclose(covariances.numpy(), theirs.covariances_, atol=1e-6)


@pytest.mark.parametrize("is_full", [True, False])
def test_draws_have_the_moments_of_the_mixture(is_full) -> None:
    """Kills: axes transposed; variances used as deviations; a component drawn evenly."""
    torch.manual_seed(0)
    rows = _rows(2000, 3)
    components = Components(1 if is_full else 3, 3, is_full=is_full, floor=1e-6)
    components.begin(rows)
    for _ in range(5):
        components.step(rows)
    drawn = components.draw(40_000)
    torch.testing.assert_close(drawn.mean(0), rows.double().mean(0), atol=0.1, rtol=0)
    wanted, found = (torch.cov(each.T) if is_full else each.var(0) for each in (rows.double(), drawn))
    torch.testing.assert_close(found, wanted, atol=0.3, rtol=0.1)


def test_the_kernel_density_is_that_of_scikit_learn(make_task) -> None:
    """Kills: a kernel's normaliser of one dimension; a sum over rows instead of a mean; empty slots that count."""
    model = kde.build(make_task((3,), examples=200), kde.Options(bandwidth=0.4))
    rows = _rows(150, 3)
    x = rows[:40] + 0.3  # far from all rows their trees are not exact
    model.reservoir.add(rows)
    theirs = KernelDensity(bandwidth=model.bandwidth.item()).fit(rows.numpy())
    with torch.no_grad():
        np.testing.assert_allclose(model.log_prob(x).numpy(), theirs.score_samples(x.numpy()), atol=1e-6)


def test_a_row_that_is_left_out_is_the_others_alone(make_task) -> None:
    """Kills: a row that stays its own neighbour, with which the bandwidth shrinks to nothing; n for n - 1."""
    model = kde.build(make_task((2,), examples=30), kde.Options(bandwidth=0.4))
    rows = _rows(30, 2)
    model.reservoir.add(rows)
    others = torch.cat([rows[:7], rows[8:]])
    theirs = KernelDensity(bandwidth=model.bandwidth.item()).fit(others.numpy()).score_samples(rows[7:8].numpy())
    with torch.no_grad():
        assert model.left_out(torch.tensor([7])).item() == pytest.approx(theirs[0], abs=1e-6)


def test_the_bandwidth_is_found(make_task, make_batches) -> None:
    """Kills: a bandwidth that is never moved, or moved down the likelihood."""
    torch.manual_seed(0)
    rows = torch.randn(400, 2)
    model = kde.build(make_task((2,), examples=400, batch_size=50), kde.Options())
    kde.train(model, make_batches(rows, 100, 50))
    every, found = torch.arange(400), model.bandwidth.item()
    with torch.no_grad():
        best = model.left_out(every).mean()
        for factor in (0.6, 1.6):
            model.log_bandwidth.fill_(math.log(found * factor))
            assert model.left_out(every).mean() < best


@pytest.mark.parametrize("components", [0, 2, 4])
def test_the_gaussian_is_that_of_scikit_learn(components, make_task) -> None:
    """Kills: s2 as a sum of what is left over; a variance along an axis without s2 in it; n - 1 for n."""
    rows, x = _rows(200, 5), _rows(50, 5, 1)
    model = pca_gaussian.build(make_task((5,), examples=200), pca_gaussian.Options(components=components))
    for piece in rows.split(30):
        model.moments.add(piece)
    theirs = PCA(components, svd_solver="full").fit(rows.double().numpy())
    theirs.explained_variance_ *= 199 / 200  # they divide by n - 1, the likelihood's maximum by n
    theirs.noise_variance_ *= 199 / 200
    expected = theirs.score_samples(x.double().numpy())
    np.testing.assert_allclose(model.fit().log_prob(x).numpy(), expected, atol=1e-6)


def test_moments_far_from_zero_keep_their_digits() -> None:
    """Kills: E x^2 - (E x)^2, of which nothing is left at a mean of 10^7."""
    rows = _rows(300, 3).double()
    moments = Moments(3, 300)
    for piece in (rows + 1e7).split(17):
        moments.add(piece)
    expected = torch.cov(rows.T, correction=0)
    torch.testing.assert_close(moments.scatter / 300, expected, rtol=1e-5, atol=1e-5)
    assert moments.total.item() / 300 == pytest.approx(expected.trace().item(), rel=1e-6)


def test_low_rank_moments_find_the_leading_directions() -> None:
    """Kills: a batch's mean that is not joined; directions that are dropped from the wrong end."""
    torch.manual_seed(0)
    leading = torch.linalg.qr(torch.randn(1100, 5)).Q.T
    rows = torch.randn(600, 5) * torch.tensor([9.0, 7, 5, 4, 3]) @ leading + 0.01 * torch.randn(600, 1100) + 2
    moments = Moments(1100, 600)
    assert not moments.is_whole
    for piece in rows.split(50):
        moments.add(piece)
    spectrum = moments.spectrum(5)
    values, vectors = torch.linalg.eigh(torch.cov(rows.double().T, correction=0))
    torch.testing.assert_close(spectrum.values, values.flip(0)[:5], rtol=1e-4, atol=0)
    torch.testing.assert_close(
        (spectrum.vectors.T @ vectors.flip(1)[:, :5]).abs(), torch.eye(5).double(), atol=1e-3, rtol=0
    )
    assert spectrum.total.item() == pytest.approx(values.sum().item(), rel=1e-6)


def test_draws_of_the_gaussian_have_its_covariance() -> None:
    """Kills: noise of s2 added on top of the whole variance along the axes."""
    torch.manual_seed(0)
    axes = torch.linalg.qr(torch.randn(4, 2, dtype=torch.float64)).Q
    fit = Fit(torch.ones(4).double(), axes, torch.tensor([4.0, 2.0]).double(), torch.tensor(0.5).double())
    drawn = fit.draw(60_000)
    covariance = axes @ torch.diag(fit.variances - fit.rest) @ axes.T + 0.5 * torch.eye(4)
    torch.testing.assert_close(torch.cov(drawn.T), covariance, atol=0.1, rtol=0)
    torch.testing.assert_close(drawn.mean(0), fit.mean, atol=0.05, rtol=0)


def test_every_row_is_kept_with_the_same_chance() -> None:
    """Kills: chances of k / n without the row's own place; slots drawn among the stored alone, so that all enter."""
    torch.manual_seed(0)
    counts, trials = torch.zeros(40), 600
    for _ in range(trials):
        reservoir = Reservoir(1, 40, 10)
        for piece in torch.arange(40.0)[:, None].split(7):
            reservoir.add(piece)
        counts[reservoir.rows.flatten().long()] += 1
    chi_square = ((counts - trials / 4) ** 2 / (trials / 4 * 0.75)).sum().item()
    assert chi_square < 75  # 39 degrees of freedom: p .0005


def test_a_second_pass_brings_nothing_new(make_batches) -> None:
    """Kills: rows that are stored twice, each other's nearest neighbours; a hand-out across the end that is lost."""
    rows = torch.arange(50.0)[:, None]
    reservoir, moments = Reservoir(1, 50, 100), Moments(1, 50)
    for x in make_batches(rows, 12, 16):
        reservoir.add(x)
        moments.add(x)
    assert torch.equal(reservoir.rows.sort(0).values, rows)
    assert moments.mean.item() == pytest.approx(24.5)
    assert moments.total.item() == pytest.approx(rows.var(correction=0).item() * 50)


def test_a_reservoir_is_bounded(make_task) -> None:
    """Kills: 50,000 waves of 4,096 samples, 800 MB in every photograph."""
    task = make_task((1, 4096), kind="wave", examples=50_000)
    model = gmm.build(task, gmm.Options())
    assert model.reservoir.capacity * 4096 <= 2**23
    assert (
        sum(each.numel() * each.element_size() for each in pca_gaussian.build(task, pca_gaussian.Options()).buffers())
        < 2**24
    )
