"""How samples fall on a mixture of equally likely round Gaussians that is known exactly.

References:
    Z. Lin, A. Khetan, G. Fanti, S. Oh, PacGAN: The power of two samples in generative adversarial networks, 2018,
    arXiv 1712.04086, section 4.1: a sample is of high quality within three deviations of its nearest mode.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.host import on_host
from genbench.metrics.rows import Float64, Rows, checked, parts, same_width
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

REACH = 3.0  # deviations within which a sample is of high quality
HQ_CEILING = 1 - math.exp(-(REACH**2) / 2)  # 0.98889: the high-quality share of a perfect sampler in two dimensions
CHUNK = 4096  # samples at a time
NODES = 64  # of the quadrature, on each axis
WIDEST = 3  # dimensions that the quadrature serves


def modes(samples: ArrayLike, centres: ArrayLike, deviation: float) -> dict[str, Score]:
    """Return `modes` (how many are nearest to a high-quality sample), `hq_share` and `reverse_kl`.

    `reverse_kl` is KL(histogram of high-quality samples over modes || uniform) in nats, and None where there are none.

    Args:
        samples: [n, d], in the units of the centres.
        centres: of equally likely modes [m, d].
        deviation: of every coordinate around its centre.

    Raises:
        ValueError: rows that cannot be compared, or a deviation that is not positive.
    """
    drawn, middles = _checked(samples, centres, deviation)
    distances = _squared_distances(drawn, middles)
    is_good = distances.min(axis=0) < (REACH * deviation) ** 2
    counts = np.bincount(distances.argmin(axis=0)[is_good], minlength=len(middles))
    return {
        "modes": Score(value=float(np.count_nonzero(counts))),
        "hq_share": Score(value=float(is_good.mean())),
        "reverse_kl": _divergence_from_uniform(counts),
    }


def log_density(samples: ArrayLike, centres: ArrayLike, deviation: float) -> Score:
    """Return the mean log-density of samples under the mixture, exact, in nats, with the standard error of that mean.

    A perfect sampler has `expected_log_density`; less says that samples lie off the modes. More is no merit: the number
    alone rewards collapse onto one mode's centre, by d / 2 nats. Read it beside `modes` and `reverse_kl`.

    Args:
        samples: [n, d], in the units of the centres, and the density is per such unit.
        centres: of equally likely modes [m, d].
        deviation: of every coordinate around its centre.

    Raises:
        ValueError: rows that cannot be compared, or a deviation that is not positive.
    """
    drawn, middles = _checked(samples, centres, deviation)
    chunks = (drawn[part] for part in parts(len(drawn), CHUNK))
    values = np.concatenate([_log_densities(chunk, middles, deviation) for chunk in chunks])
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return Score(value=float(values.mean()), se=error)


def expected_log_density(centres: ArrayLike, deviation: float) -> float:
    """Return the mean log-density of a perfect sampler in nats, which is minus the mixture's entropy.

    Of modes far apart it is -ln m - d / 2 ln(2 pi e deviation^2); overlap, which raises it, by Gauss-Hermite quadrature
    around every centre.

    Args:
        centres: of equally likely modes [m, d].
        deviation: of every coordinate around its centre.

    Raises:
        ValueError: centres of more than 3 dimensions, which would take too many nodes, or as `log_density`.
    """
    middles, _ = _checked(centres, centres, deviation)
    width = middles.shape[1]
    if width > WIDEST:
        raise ValueError(f"centres: got {width} dimensions, expected at most {WIDEST}; take the mean over fresh rows")
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    offsets = deviation * np.array(list(product(nodes, repeat=width)))
    shares = np.prod(list(product(weights / weights.sum(), repeat=width)), axis=1)
    return float(np.mean([shares @ _log_densities(middle + offsets, middles, deviation) for middle in middles]))


def _checked(samples: ArrayLike, centres: ArrayLike, deviation: float) -> tuple[Rows, Float64]:
    drawn, middles = (
        on_host(checked(name, rows, least=1)) for name, rows in (("samples", samples), ("centres", centres))
    )
    same_width(drawn, middles, "samples", "centres")
    if not 0 < deviation < math.inf:
        raise ValueError(f"deviation: got {deviation}, expected a positive number")
    return drawn, np.asarray(middles, dtype=np.float64)


def _squared_distances(samples: Rows, centres: Float64) -> Float64:
    """Return [m, n]."""
    return np.stack([((samples - centre) ** 2).sum(axis=1) for centre in centres])


def _log_densities(samples: Rows, centres: Float64, deviation: float) -> Float64:
    """Return [n]; the nearest centre's term is taken out of the sum, so that far samples do not underflow."""
    exponents = _squared_distances(samples, centres) / (-2 * deviation**2)
    highest = exponents.max(axis=0)
    constant = math.log(len(centres)) + centres.shape[1] * (math.log(deviation) + math.log(2 * math.pi) / 2)
    return np.asarray(highest + np.log(np.exp(exponents - highest).sum(axis=0)) - constant)


def _divergence_from_uniform(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Score:
    if not counts.any():
        return Score(value=None, warnings=("no sample lies within three deviations of a mode",))
    share = counts[counts > 0] / counts.sum()
    return Score(value=float((share * np.log(share * len(counts))).sum()))
