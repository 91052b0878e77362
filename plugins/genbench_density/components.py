"""A mixture of Gaussians and its expectation-maximisation, in float64.

References:
    A. P. Dempster, N. M. Laird, D. B. Rubin, Maximum likelihood from incomplete data via the EM algorithm, Journal of
    the Royal Statistical Society B 39, 1977.
    D. Arthur, S. Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.
"""

from __future__ import annotations

import math

import torch
from sklearn.cluster import kmeans_plusplus
from torch import Tensor, nn

VALUES_AT_ONCE = 2**22  # of differences between rows and means, to bound memory
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
        kind = {"dtype": torch.float64}
        self.register_buffer("log_weights", torch.full((count,), -math.log(count), **kind))  # type: ignore[arg-type]
        self.register_buffer("means", torch.zeros(count, dimensions, **kind))  # type: ignore[arg-type]
        self.register_buffer("variances", torch.ones(count, dimensions, **kind))  # type: ignore[arg-type]
        axes = torch.eye(dimensions, **kind).repeat(count, 1, 1) if is_full else torch.zeros(0, **kind)  # type: ignore[arg-type]
        self.register_buffer("axes", axes)

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
        joint = self._log_joint(rows)
        total = torch.logsumexp(joint, dim=1)
        shares = (joint - total[:, None]).exp()  # [n, k]
        rows = rows.double()
        held = shares.sum(0).clamp(min=LEAST)
        self.log_weights.copy_((held / held.sum()).log())
        self.means.copy_(shares.T @ rows / held[:, None])
        if self.is_full:
            self._fit_axes(rows, shares, held)
        else:
            centre = rows.mean(0)  # about which squares lose no digits
            squares = shares.T @ (rows - centre).square() / held[:, None]
            self.variances.copy_((squares - (self.means - centre).square()).clamp(min=self.floor))
        return total.mean()

    def log_prob(self, rows: Tensor) -> Tensor:
        """Return log p(x) [n] of [n, d]."""
        return torch.logsumexp(self._log_joint(rows), dim=1)

    def draw(self, count: int) -> Tensor:
        """Draw rows [count, d]."""
        chosen = torch.multinomial(self.log_weights.exp(), count, replacement=True)
        noise = torch.randn(count, self.dimensions, dtype=torch.float64, device=self.means.device)
        along = noise * self.variances[chosen].sqrt()
        return self.means[chosen] + (torch.einsum("nij,nj->ni", self.axes[chosen], along) if self.is_full else along)

    def _fit_axes(self, rows: Tensor, shares: Tensor, held: Tensor) -> None:
        for k, mean in enumerate(self.means):
            centred = rows - mean
            values, vectors = torch.linalg.eigh((shares[:, k, None] * centred).T @ centred / held[k])
            self.variances[k], self.axes[k] = values.clamp(min=self.floor), vectors

    def _log_joint(self, rows: Tensor) -> Tensor:
        """Return log pi_k + log N(x | k) [n, k]."""
        log_scale = self.log_weights - 0.5 * (self.variances.log() + math.log(2 * math.pi)).sum(1)
        pieces = rows.split(max(1, VALUES_AT_ONCE // (self.dimensions * (self.count if self.is_full else 1))))
        return torch.cat([log_scale - 0.5 * self._distances(piece.double()) for piece in pieces])

    def _distances(self, rows: Tensor) -> Tensor:
        """Return squared Mahalanobis distances [n, k]."""
        if self.is_full:
            along = torch.einsum("nki,kij->nkj", rows[:, None] - self.means, self.axes)
            return (along.square() / self.variances).sum(2)
        centre = self.means.mean(0)
        rows, means, precisions = rows - centre, self.means - centre, 1 / self.variances
        products = rows.square() @ precisions.T - 2 * rows @ (means * precisions).T
        return (products + (means.square() * precisions).sum(1)).clamp(min=0)
