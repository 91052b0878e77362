"""The penalty on the covariance of codes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench_vae import dip_vae


def _codes(rows: int, width: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, width, generator=generator), torch.randn(rows, width, generator=generator)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 5))
def test_the_covariance_is_numpys(rows: int, width: int, seed: int) -> None:
    """Kills: a division by n - 1; rows and latents transposed; the log variance for the variance."""
    mean, log_variance = _codes(rows, width, seed)
    own = np.cov(mean.numpy().T, ddof=0).reshape(width, width)
    np.testing.assert_allclose(dip_vae.covariance(mean, log_variance, "I").numpy(), own, rtol=1e-4, atol=1e-5)
    both = own + np.diag(np.exp(log_variance.numpy()).mean(0))
    np.testing.assert_allclose(dip_vae.covariance(mean, log_variance, "II").numpy(), both, rtol=1e-4, atol=1e-5)


def test_whitened_codes_cost_nothing() -> None:
    """Kills: the diagonal compared with 0; a trace in place of squares."""
    mean, log_variance = _codes(200, 4)
    centred = mean - mean.mean(0)
    factor = torch.linalg.cholesky(centred.T @ centred / 200)
    white = torch.linalg.solve_triangular(factor, centred.T, upper=False).T
    assert dip_vae.penalty(dip_vae.covariance(white, log_variance, "I"), 10, 100).item() == pytest.approx(0, abs=1e-4)
    assert dip_vae.penalty(dip_vae.covariance(mean, log_variance, "I"), 10, 100).item() > 0.1


def test_what_is_weighed_by_what() -> None:
    """Kills: the two weights swapped; pairs counted once. [[2, .5], [.5, 1]]: .5 off the diagonal, 1 on it."""
    covariance = torch.tensor([[2.0, 0.5], [0.5, 1.0]])
    assert dip_vae.penalty(covariance, 10, 0).item() == pytest.approx(5)
    assert dip_vae.penalty(covariance, 0, 7).item() == pytest.approx(7)


def test_the_diagonal_weighs_tenfold_in_form_I(make_task) -> None:  # noqa: N802
    """Kills: one default for both forms."""
    weights = [dip_vae.build(make_task(), dip_vae.Options(form=form)).weights for form in ("I", "II")]
    assert weights == [(10, 100), (10, 10)]


@pytest.mark.parametrize("form", ["I", "II"])
def test_training_whitens(form, make_task, make_batches) -> None:
    """Kills: a penalty that is subtracted from the loss."""
    rows = torch.randn(256, 2) @ torch.tensor([[1.0, 0.8], [0.0, 0.6]])
    found = []
    for weight in (0.0, 10.0):
        torch.manual_seed(0)
        model = dip_vae.build(make_task((2,)), dip_vae.Options(latent=3, form=form, off_diagonal=weight))
        dip_vae.train(model, make_batches(rows, 300, 128))
        with torch.no_grad():
            found.append(dip_vae.penalty(dip_vae.covariance(*model.posterior(rows), form), 1, 1).item())
    assert found[1] < 0.5 * found[0]
