"""pythae's samplers on the task's device, and what the one that is fitted leaves in the model's state."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pythae.data.datasets import DatasetOutput
from pythae.samplers import GaussianMixtureSampler
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.mixture._gaussian_mixture import _compute_precision_cholesky

if TYPE_CHECKING:
    from pythae.models import BaseAE
    from torch import Tensor

COMPONENTS = 10  # the library's default


def make_sampler(kind: type[Any], model: BaseAE, device: torch.device) -> Any:
    """Return a sampler of pythae's, which looks for a device by itself and would take the model there."""
    sampler = kind(model)
    model.to(device)
    model.device = sampler.device = device
    return sampler


def hold_mixture(model: BaseAE, latent: int) -> None:
    """Give a model a mixture over its codes: N(0, I) until one is fitted."""
    model.register_buffer("mixture_weights", torch.full((COMPONENTS,), 1 / COMPONENTS, dtype=torch.float64))  # [k]
    model.register_buffer("mixture_means", torch.zeros(COMPONENTS, latent, dtype=torch.float64))  # [k, d]
    model.register_buffer("mixture_covariances", torch.eye(latent, dtype=torch.float64).repeat(COMPONENTS, 1, 1))


def fit_mixture(model: BaseAE, rows: Tensor) -> None:
    """Fit a mixture to the codes of `rows` [n, ...] and write it into the model.

    It is the library's `GaussianMixtureSampler.fit` without its check, which refuses rows none of whose pixels is 1,
    and in float64: in float32 the covariance of a few codes far from 0 is not positive definite.
    """
    model.eval()
    codes = model(DatasetOutput(data=rows)).z.detach().double().cpu()  # one of the models takes gradients to encode
    model.train()
    count = min(COMPONENTS, len(codes))
    mixture = GaussianMixture(count, covariance_type="full", max_iter=2000, tol=1e-3, random_state=_generator())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # codes of a young model may all be the same
        mixture.fit(codes.numpy())
    model.mixture_weights.zero_()
    for name in ("weights", "means", "covariances"):
        held = getattr(model, f"mixture_{name}")
        held[:count] = torch.as_tensor(getattr(mixture, f"{name}_"), dtype=held.dtype, device=held.device)


def mixture_sampler(model: BaseAE, device: torch.device) -> Any:
    """Return the library's sampler as `fit_mixture` left it."""
    sampler = make_sampler(GaussianMixtureSampler, model, device)
    mixture = GaussianMixture(COMPONENTS, random_state=_generator())  # one for all its draws
    weights = model.mixture_weights.cpu().numpy()
    mixture.weights_ = weights / weights.sum()
    mixture.means_ = model.mixture_means.cpu().numpy()
    mixture.covariances_ = model.mixture_covariances.cpu().numpy()
    mixture.precisions_cholesky_ = _compute_precision_cholesky(mixture.covariances_, "full")
    sampler.gmm, sampler.is_fitted = mixture, True
    return sampler


def _generator() -> np.random.RandomState:
    """Return a generator that torch's seed decides."""
    return np.random.RandomState(int(torch.randint(2**31, ())))
