"""The Frechet distance between two Gaussians fitted to rows.

References:
    M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter, GANs Trained by a Two Time-Scale Update Rule
    Converge to a Local Nash Equilibrium, 2017, arXiv 1706.08500, equation 6.
    M. J. Chong, D. Forsyth, Effectively Unbiased FID and Inception Score and where to find them, 2020,
    arXiv 1911.07023: the bias depends on the number of rows and on the model; compare at equal n only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.rows import Float64, Rows, checked_pair, parts
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

CHUNK = 4096  # rows in float64 at a time
WELL_CONDITIONED = 1e-10  # smallest to largest eigenvalue, below which square roots of rounding noise would count
NEGLIGIBLE = 1e-9  # negative part of the distance, as a share of both traces


def fd(real: ArrayLike, fake: ArrayLike) -> Score:
    """Return |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), means and covariances (n - 1) in float64.

    Singular covariances, also of fewer rows than dimensions, are exact. The bias falls as 1/n: compare at equal n only.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    first, second = checked_pair(real, fake)
    means = [rows.mean(axis=0, dtype=np.float64) for rows in (first, second)]
    traces = sum(_trace(rows, mean) for rows, mean in zip((first, second), means, strict=True))
    distance = float(((means[0] - means[1]) ** 2).sum() + traces - 2 * _root_trace(first, second, *means))
    return Score(value=max(distance, 0.0), warnings=(*_singular(first, second), *_clipped(distance, traces)))


def _singular(first: Rows, second: Rows) -> Iterator[str]:
    fewest, width = min(len(first), len(second)), first.shape[1]
    if fewest <= width:
        yield f"{fewest} rows in {width} dimensions: the covariance is singular and the distance strongly biased"


def _clipped(distance: float, traces: float) -> Iterator[str]:
    if distance < -NEGLIGIBLE * traces:
        yield f"negative mass of {-distance:.3g} clipped: the features are too ill-conditioned for this distance"


def _centred(rows: Rows, mean: Float64) -> Iterator[Float64]:
    return (rows[part] - mean for part in parts(len(rows), CHUNK))


def _trace(rows: Rows, mean: Float64) -> float:
    return sum(float(np.vdot(chunk, chunk)) for chunk in _centred(rows, mean)) / (len(rows) - 1)


def _covariance(rows: Rows, mean: Float64) -> Float64:
    total = np.zeros((len(mean), len(mean)))
    for chunk in _centred(rows, mean):
        total += chunk.T @ chunk
    return total / (len(rows) - 1)


def _factor(rows: Rows, mean: Float64) -> Float64:
    """Return R [min(n, d), d] with R^T R = S, by QR of one chunk after another."""
    factor: Float64 = np.empty((0, len(mean)))
    for chunk in _centred(rows, mean):
        factor = np.asarray(np.linalg.qr(np.vstack([factor, chunk]), mode="r"), dtype=np.float64)
    return factor / float(np.sqrt(len(rows) - 1))


def _root_trace(first: Rows, second: Rows, first_mean: Float64, second_mean: Float64) -> float:
    """Return tr (S1 S2)^(1/2).

    With S1 = L L^T it is the sum of the root eigenvalues of L^T S2 L. Where that is singular, the root of rounding
    noise (1e-16 becomes 1e-8) would count; the nuclear norm of R1 R2^T, with S = R^T R, needs no root.
    """
    if min(len(first), len(second)) > first.shape[1]:
        eigenvalues = _product_spectrum(_covariance(first, first_mean), _covariance(second, second_mean))
        if eigenvalues[0] > WELL_CONDITIONED * eigenvalues[-1]:
            return float(np.sqrt(eigenvalues).sum())
    product = _factor(first, first_mean) @ _factor(second, second_mean).T
    return float(np.linalg.svd(product, compute_uv=False).sum())


def _product_spectrum(first: Float64, second: Float64) -> Float64:
    """Return the ascending eigenvalues of S1 S2, or zeros where S1 is too singular to factor."""
    try:
        lower = np.linalg.cholesky(first)
    except np.linalg.LinAlgError:
        return np.zeros(len(first))
    return np.linalg.eigvalsh(lower.T @ second @ lower)
