"""Decoders p(x|z): a network, and the distribution that its output is a parameter of; one for each kind of data.

Each has `log_prob(x, z)` [n], `mean(z)`, `draw(z)`, and the `measure` that its log-densities are of.
"""

from genbench_vae.likelihoods.bernoulli import Bernoulli
from genbench_vae.likelihoods.categorical import Categorical
from genbench_vae.likelihoods.gaussian import Gaussian
from genbench_vae.likelihoods.mixed import Mixed

Likelihood = Bernoulli | Gaussian | Categorical | Mixed

__all__ = ["Bernoulli", "Categorical", "Gaussian", "Likelihood", "Mixed"]
