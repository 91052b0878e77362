"""The Frechet distance between two Gaussians fitted to rows.

References:
    M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter, GANs Trained by a Two Time-Scale Update Rule
    Converge to a Local Nash Equilibrium, 2017, arXiv 1706.08500, equation 6.
    M. J. Chong, D. Forsyth, Effectively Unbiased FID and Inception Score and where to find them, 2020,
    arXiv 1911.07023: the bias depends on the number of rows and on the model; compare at equal n only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.host import on_host
from genbench.metrics.rows import Float64, Rows, checked_pair, parts
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

CHUNK = 4096  # rows in float64 at a time
WELL_CONDITIONED = 1e-10  # smallest to largest eigenvalue, below which square roots of rounding noise would count
NEGLIGIBLE = 1e-9  # negative part of the distance, as a share of both traces


@dataclass(frozen=True, slots=True)
class Fit:
    """A Gaussian fitted to rows, which stay at hand in case that its covariance is singular."""

    rows: Rows  # [n, d]
    mean: Float64  # [d]
    covariance: Float64 | None  # [d, d], over n - 1; None where there are too few rows to make it regular
    chosen: NDArray[np.intp] | None = None  # which of the rows; None for all

    def __len__(self) -> int:
        return len(self.rows) if self.chosen is None else len(self.chosen)

    def centred(self) -> Iterator[Float64]:
        """Yield the rows less their mean, in float64, a chunk at a time."""
        for part in parts(len(self), CHUNK):
            yield self.rows[part if self.chosen is None else self.chosen[part]] - self.mean

    def trace(self) -> float:
        """Return the covariance's trace."""
        if self.covariance is not None:
            return float(np.trace(self.covariance))
        return sum(float(np.vdot(chunk, chunk)) for chunk in self.centred()) / (len(self) - 1)

    def factor(self) -> Float64:
        """Return R [min(n, d), d] with R^T R the covariance, by QR of one chunk after another."""
        factor: Float64 = np.empty((0, len(self.mean)))
        for chunk in self.centred():
            factor = np.asarray(np.linalg.qr(np.vstack([factor, chunk]), mode="r"), dtype=np.float64)
        return factor / float(np.sqrt(len(self) - 1))


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
    fewest = min(len(first), len(second))
    return between(fitted(first, fewest=fewest), fitted(second, fewest=fewest))


def fitted(rows: Rows, *, fewest: int) -> Fit:
    """Fit a Gaussian to rows, to be compared with others of which any has at least so many rows."""
    here = on_host(rows)
    fit = Fit(here, here.mean(axis=0, dtype=np.float64), None)
    return Fit(here, fit.mean, _covariance(fit)) if fewest > here.shape[1] else fit


def between(first: Fit, second: Fit) -> Score:
    """Return the Frechet distance of two Gaussians, with what makes it doubtful."""
    value = distance(first, second)
    traces = first.trace() + second.trace()
    return Score(value=max(value, 0.0), warnings=(*_singular(first, second), *_clipped(value, traces)))


def _covariance(fit: Fit) -> Float64:
    total = np.zeros((len(fit.mean), len(fit.mean)))
    for chunk in fit.centred():
        total += chunk.T @ chunk
    return total / (len(fit) - 1)


def distance(first: Fit, second: Fit) -> float:
    """Return the Frechet distance of two Gaussians; rounding can leave it below zero."""
    apart = float(((first.mean - second.mean) ** 2).sum())
    return apart + first.trace() + second.trace() - 2 * _root_trace(first, second)


def _singular(first: Fit, second: Fit) -> Iterator[str]:
    fewest, width = min(len(first), len(second)), len(first.mean)
    if fewest <= width:
        yield f"{fewest} rows in {width} dimensions: the covariance is singular and the distance strongly biased"


def _clipped(value: float, traces: float) -> Iterator[str]:
    if value < -NEGLIGIBLE * traces:
        yield f"negative mass of {-value:.3g} clipped: the features are too ill-conditioned for this distance"


def _root_trace(first: Fit, second: Fit) -> float:
    """Return tr (S1 S2)^(1/2).

    With S1 = L L^T it is the sum of the root eigenvalues of L^T S2 L. Where that is singular, the root of rounding
    noise (1e-16 becomes 1e-8) would count; the nuclear norm of R1 R2^T, with S = R^T R, needs no root.
    """
    if first.covariance is not None and second.covariance is not None:
        eigenvalues = _product_spectrum(first.covariance, second.covariance)
        if eigenvalues[0] > WELL_CONDITIONED * eigenvalues[-1]:
            return float(np.sqrt(eigenvalues).sum())
    return float(np.linalg.svd(first.factor() @ second.factor().T, compute_uv=False).sum())


def _product_spectrum(first: Float64, second: Float64) -> Float64:
    """Return the ascending eigenvalues of S1 S2, or zeros where S1 is too singular to factor."""
    try:
        lower = np.linalg.cholesky(first)
    except np.linalg.LinAlgError:
        return np.zeros(len(first))
    return np.linalg.eigvalsh(lower.T @ second @ lower)
