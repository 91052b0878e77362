"""The hooks that models of this family have in common; a model's module takes those that hold for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import Likelihood, hookimpl
from genbench_vae.bounds import likelihood_bound

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.hookspecs import Kind
    from genbench_vae.coder import Coder, Variational

SAMPLING = "the decoder's mean on images and waves (decoder=draw: a draw), a draw on points and tokens (decoder=mean)"


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points", "wave", "tokens")


@hookimpl
def sample(model: Variational, count: int) -> Tensor:
    """Draw z from the prior and return the decoder's mean, or a draw from it: `model.sampling` says which."""
    with model.autocast():
        z = model.noise(count)
        return model.decoder.mean(z) if model.sampling == "decoder mean" else model.decoder.draw(z)


@hookimpl
def log_likelihood(model: Variational, x: Tensor) -> Likelihood:
    """Bound log p(x) by importance sampling, always in float32.

    Measure: "bernoulli" takes grey values as probabilities and normalises nothing; "density" is of the data as the task
    scales it, so of standardised points; "pmf" is of tokens.
    """
    samples = model.options.iwae_samples
    values = likelihood_bound(model, x, samples)
    return Likelihood(values=values, bound=f"iwae@{samples}", measure=model.decoder.measure)


@hookimpl
def reconstruct(model: Coder, x: Tensor) -> Tensor:
    """Return the decoder's mean at the posterior's mean."""
    return model.decoder.mean(model.posterior(x)[0])
