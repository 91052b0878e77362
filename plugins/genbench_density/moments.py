"""Mean and covariance of a stream's first pass, whole or of low rank, in float64.

References:
    T. F. Chan, G. H. Golub, R. J. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances,
    1979: batches are joined without squares of large numbers.
    D. A. Ross, J. Lim, R.-S. Lin, M.-H. Yang, Incremental learning for robust visual tracking, International Journal of
    Computer Vision 77, 2008, section 2.1: the same for singular vectors.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

WIDEST = 1024  # dimensions up to which the covariance is whole: 8 MiB
RANK = 256  # of it beyond


class Spectrum(NamedTuple):
    """The leading part of a covariance, and how much there is in all."""

    mean: Tensor  # [d]
    values: Tensor  # [r] descending
    vectors: Tensor  # [d, r]
    total: Tensor  # trace


class Moments(nn.Module):
    """Streaming moments of the rows of the first pass: later passes bring nothing new.

    Args:
        dimensions: d.
        examples: rows in a pass.
    """

    mean: Tensor  # [d]
    scatter: Tensor  # [d, d], sum of squares about the mean; or [RANK, d], rows whose sum of squares is nearly that
    total: Tensor  # the trace of the whole
    seen: Tensor

    def __init__(self, dimensions: int, examples: int) -> None:
        super().__init__()
        self.dimensions, self.examples, self.is_whole = dimensions, examples, dimensions <= WIDEST
        self.register_buffer("mean", torch.zeros(dimensions).double())
        self.register_buffer("scatter", torch.zeros(dimensions if self.is_whole else RANK, dimensions).double())
        self.register_buffer("total", torch.zeros(()).double())
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def add(self, x: Tensor) -> None:
        """Let rows [n, ...] pass; those beyond the first pass are left out."""
        seen = int(self.seen)
        rows = x[: max(0, self.examples - seen)].flatten(1).double()
        if not len(rows):
            return
        share = len(rows) / (seen + len(rows))
        step = rows.mean(0) - self.mean
        spread = torch.cat([rows - rows.mean(0), (seen * share) ** 0.5 * step[None]])
        if self.is_whole:
            self.scatter.addmm_(spread.T, spread)
        else:
            self.scatter.copy_(_condensed(torch.cat([self.scatter, spread]), len(self.scatter)))
        self.total += spread.square().sum()
        self.mean += share * step
        self.seen += len(rows)

    def spectrum(self, most: int) -> Spectrum:
        """Return the `most` leading eigenvalues and eigenvectors of the covariance, divided by n."""
        count = max(1, int(self.seen))
        if self.is_whole:
            values, vectors = torch.linalg.eigh(self.scatter / count)
            values, vectors = values.flip(0), vectors.flip(1)
        else:
            values = self.scatter.square().sum(1) / count
            vectors = (self.scatter / (values * count).sqrt().clamp(min=1e-300)[:, None]).T
        return Spectrum(self.mean, values[:most].clamp(min=0), vectors[:, :most], self.total / count)


def _condensed(rows: Tensor, rank: int) -> Tensor:
    """Return `rank` orthogonal rows, longest first, whose sum of squares is the best of that rank to that of `rows`.

    By the eigenvectors of the rows' products, which are few: [n, n] instead of [d, d].
    """
    _, vectors = torch.linalg.eigh(rows @ rows.T)
    return torch.mm(vectors.flip(1)[:, :rank].T, rows)
