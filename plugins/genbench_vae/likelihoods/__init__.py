"""Decoders p(x|z): a network, and the distribution that its output is a parameter of; one for each kind of data.

Each has `log_prob(x, z)` [n], `mean(z)`, `draw(z)`, and the `measure` that its log-densities are of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genbench_vae.likelihoods.bernoulli import Bernoulli
from genbench_vae.likelihoods.categorical import Categorical
from genbench_vae.likelihoods.gaussian import Gaussian
from genbench_vae.likelihoods.mixed import Mixed

if TYPE_CHECKING:
    from torch import Tensor

Likelihood = Bernoulli | Gaussian | Categorical | Mixed

__all__ = ["Bernoulli", "Categorical", "Distribution", "Gaussian", "Likelihood", "Mixed"]


class Distribution(Protocol):
    """What is asked of a decoder, whatever it is made of."""

    measure: str

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n]."""
        ...

    def mean(self, z: Tensor) -> Tensor:
        """Return E[x|z]."""
        ...

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        ...
