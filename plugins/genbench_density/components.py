"""A mixture of Gaussians and its expectation-maximisation, in float64.

References:
    A. P. Dempster, N. M. Laird, D. B. Rubin, Maximum likelihood from incomplete data via the EM algorithm, Journal of
    the Royal Statistical Society B 39, 1977.
    D. Arthur, S. Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from sklearn.cluster import kmeans_plusplus
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES_AT_ONCE = 2**22  # of products and of shares, to bound memory
LEAST = 1e-10  # rows that a component stands for, lest it divides by nothing


class Components(nn.Module):
    """k Gaussians with weights; every eigenvalue of a covariance is at least `floor`.

    Args:
        count: k.
        dimensions: d.
        is_full: full covariances, else diagonal ones.
        floor: of variances: a component on one row would have a density without bound.
    """

    log_weights: Tensor  # [k]
    means: Tensor  # [k, d]
    axes: Tensor  # [k, d, d] orthogonal, a column for each direction; [0] where covariances are diagonal
    variances: Tensor  # [k, d] along the axes

    def __init__(self, count: int, dimensions: int, *, is_full: bool, floor: float) -> None:
        super().__init__()
        self.count, self.dimensions, self.is_full, self.floor = count, dimensions, is_full, floor
        axes = torch.eye(dimensions).repeat(count, 1, 1) if is_full else torch.zeros(0)
        self.register_buffer("log_weights", torch.full((count,), -math.log(count), dtype=torch.float64))
        self.register_buffer("means", torch.zeros(count, dimensions).double())
        self.register_buffer("variances", torch.ones(count, dimensions).double())
        self.register_buffer("axes", axes.double())

    @torch.no_grad()
    def begin(self, rows: Tensor) -> None:
        """Put the means on rows far from each other, with the variances of all rows over k^(2/d)."""
        distinct = min(len(rows), self.count)
        seed = int(torch.randint(2**31, ()))
        _, chosen = kmeans_plusplus(rows.double().cpu().numpy(), distinct, random_state=seed)
        repeated = torch.from_numpy(chosen)[torch.arange(self.count) % distinct].to(rows.device)
        spread = rows.double().var(0, correction=0) / self.count ** (2 / self.dimensions)
        self.variances.copy_(spread.clamp(min=self.floor).expand_as(self.variances))
        self.means.copy_(rows[repeated])
        self.means[distinct:] += torch.randn_like(self.means[distinct:]) * self.variances[distinct:].sqrt()

    @torch.no_grad()
    def step(self, rows: Tensor) -> Tensor:
        """Take one step of EM on `rows` [n, d]; return their mean log-likelihood before it.

        The likelihood of these rows never falls: eigenvalues at the floor are the best that the floor allows.
        """
        centre, quadratic = rows.double().mean(0), self._quadratic()
        gained = []
        for piece in self._pieces(rows):
            joint = self._log_joint(piece, quadratic)
            total = torch.logsumexp(joint, dim=1)
            shares = (joint - total[:, None]).exp().T  # [k, n]
            centred = piece - centre
            gained.append((shares.sum(1), shares @ centred, shares @ self._products(centred), total.sum()))
        held, sums, squares, likelihood = (torch.stack(each).sum(0) for each in zip(*gained, strict=True))
        self._maximise(centre, held, sums, squares)
        return likelihood / len(rows)

    def log_prob(self, rows: Tensor) -> Tensor:
        """Return log p(x) [n] of [n, d]."""
        quadratic = self._quadratic()
        return torch.cat([torch.logsumexp(self._log_joint(piece, quadratic), dim=1) for piece in self._pieces(rows)])

    def draw(self, count: int) -> Tensor:
        """Draw rows [count, d]."""
        chosen = torch.multinomial(self.log_weights.exp(), count, replacement=True)
        noise = torch.randn(count, self.dimensions, dtype=torch.float64, device=self.means.device)
        along = noise * self.variances[chosen].sqrt()
        return self.means[chosen] + (torch.einsum("nij,nj->ni", self.axes[chosen], along) if self.is_full else along)

    def _maximise(self, centre: Tensor, held: Tensor, sums: Tensor, squares: Tensor) -> None:
        """Set all from the rows that each component stands for, their sums and their products, about `centre`."""
        held = held.clamp(min=LEAST)[:, None]
        means = sums / held
        self.log_weights.copy_((held / held.sum()).log().squeeze(1))
        self.means.copy_(means + centre)
        spread = squares / held - self._products(means)
        if self.is_full:
            values, vectors = torch.linalg.eigh(spread.view(-1, self.dimensions, self.dimensions))
            self.variances.copy_(values.clamp(min=self.floor))
            self.axes.copy_(vectors)
        else:
            self.variances.copy_(spread.clamp(min=self.floor))

    def _products(self, rows: Tensor) -> Tensor:
        """Return the products of coordinates that a covariance needs: [n, d d], or squares [n, d]."""
        return (rows[:, :, None] * rows[:, None]).flatten(1) if self.is_full else rows.square()

    def _pieces(self, rows: Tensor) -> Iterator[Tensor]:
        width = max(self.count, self.dimensions ** (2 if self.is_full else 1))
        return (piece.double() for piece in torch.split(rows, max(1, VALUES_AT_ONCE // width)))

    def _quadratic(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return log pi_k N(x | k) as a polynomial about a centre: centre, of products, of coordinates, constant."""
        centre = self.means.mean(0)
        means = self.means - centre
        if self.is_full:
            precisions = (self.axes / self.variances[:, None]) @ self.axes.mT
            linear = (precisions @ means[:, :, None]).squeeze(2)
            precisions = precisions.flatten(1)
        else:
            precisions = 1 / self.variances
            linear = precisions * means
        scale = (self.variances.log() + math.log(2 * math.pi)).sum(1) + (linear * means).sum(1)
        return centre, -0.5 * precisions, linear, self.log_weights - 0.5 * scale

    def _log_joint(self, rows: Tensor, quadratic: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """Return log pi_k + log N(x | k) [n, k]."""
        centre, squares, linear, constant = quadratic
        centred = rows - centre
        return self._products(centred) @ squares.T + centred @ linear.T + constant
