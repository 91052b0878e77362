"""Whether a model has learnt its training rows by heart: copies, the gap between two Frechet distances, repeats.

How often `copies` accuses, and in brackets the rule as published: digits, cut anew into 997 train, 300 as samples and
500 held out (40 cuts), and normal rows in 64 dimensions, 1000 train, 400 or 500 samples, 500 held out (20 draws).

    samples                                                          digits         normal
    copies: all, half or a tenth of samples, with noise or without   1.00 (1.00)    1.00 (1.00)
    copies of 10 rows, of one; between neighbours; shrunk by 0.8     1.00 (1.00)    1.00 (1.00)
    fresh rows; with noise; spread by 1.3                            0.00 (0.00)    0.00 (0.00)
    fresh rows shrunk by 0.8                                         0.00 (0.25)    0.00 (1.00)
    fresh rows, only their 16 principal components                   0.00 (0.00)    0.00 (1.00)
    5 fresh rows over and over, with noise; the same shrunk          0.00 (0.40)    0.00 (0.65)
    fresh rows of 4000 cells, all rows of a cell being in one split                 0.00 (1.00)
    an autoencoder's, after 4800 steps of 128 (8 seeds)              0.00 (1.00)

Overfitting is called copying where it is plain: a full-covariance mixture of 10 normals, fitted to those 1000 normal
rows, is accused every time. In the plane copies with noise are not found, by either rule: nearness means little there.

References:
    C. Meehan, K. Chaudhuri, S. Dasgupta, A Non-Parametric Test to Detect Data-Copying in Generative Models, 2020,
    arXiv 2004.05675, section 3: the Mann-Whitney z of distances to the training set, here over one global cell.
    G. Stein and others, Exposing flaws of generative model evaluation metrics and their unfair treatment of diffusion
    models, 2023, arXiv 2306.04675: no known measure by itself tells memorisation from a bad fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import is_torch_array

from genbench.metrics.frechet import between, fitted
from genbench.metrics.host import on_host
from genbench.metrics.nearest import nearest_rows
from genbench.metrics.neighbours import clouds
from genbench.metrics.rows import Float64, Rows, checked, same_width
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from genbench.metrics.nearest import Indices
    from genbench.metrics.neighbours import Cloud

    Bools = NDArray[np.bool_]

COPYING_Z = -3.0
NEAR_PERCENTILE = 1.0  # of the held-out rows' distances to training rows: nearer than that is near
COPYING_SHARE = 0.05  # of samples; 0.01 is expected to be near
MUCH_NEARER = 0.5  # times the distance to the nearest held-out row; copies lie far below, fresh rows of images near 1
DRAWS = 5  # of training rows, for the gap: its error is then known to a third of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """How near samples lie to training rows, compared with held-out rows."""

    ct_z: float  # negative: nearer to training rows than held-out rows are
    near_share: float  # of samples nearer to a training row than the nearest 1 % of held-out rows
    control_z: float  # negative: the nearest of all real rows is a training row more often than their number explains
    control_share: (
        float  # of samples near a training row and far nearer than to held-out rows, above other training rows'
    )

    @property
    def is_copying(self) -> bool:
        """Return the verdict."""
        return max(self.ct_z, self.control_z) <= COPYING_Z or self.control_share > COPYING_SHARE


def copies(
    train: ArrayLike, held_out: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator, most: int | None = None
) -> Copies:
    """Compare samples with held-out rows by their distance to the nearest training row.

    As published, samples are copies where their z against held-out rows is at most -3, or where more than 5 % lie near
    a training row (`ct_z`, `near_share`). That accuses whoever is merely narrower than the data, and so nearer to
    held-out rows as well, and whoever draws whole numbers: these meet training rows where held-out rows cannot, equal
    rows lying in one split. Here it is copying only where held-out rows do not explain it, both z at most -3, or where
    training rows do not: more than 5 % of samples (`control_share`) are far nearer to one than to held-out rows, beyond
    the share of training rows that are as near to another one, and 3 standard errors. Nobody is accused whom the
    published rule clears. Accused, too, is a model that overfits until it is plainly nearer to training rows. The table
    above has the rates.

    Args:
        train: features of what the model saw [n, d].
        held_out: features of fresh rows [m, d].
        fake: features of samples [l, d].
        rng: draws the rows to look up, and no more held-out than training rows for the controls.
        most: held-out rows and samples to look up, all by default; z grows with the root of their number.

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    seen, fresh, drawn = _checked(train, held_out, fake)
    controls = _some(fresh, len(seen), rng)
    queries, samples = (side if most is None else _some(side, most, rng) for side in (fresh, drawn))
    peers = rng.choice(len(seen), len(seen) if most is None else min(most, len(seen)), replace=False)
    targets, others, queries, samples, owned = clouds(seen, controls, queries, samples, seen[peers])
    of_train, to_train = _nearest(samples, targets)
    of_control, to_control = _nearest(samples, others)
    _, expected = _nearest(queries, targets)
    owners = np.concatenate([of_train[to_train < to_control], len(seen) + of_control[to_control < to_train]])
    radius = float(np.percentile(expected, NEAR_PERCENTILE))
    of_samples = _is_much_nearer(to_train, to_control, radius)
    of_peers = _is_much_nearer(_nearest(owned, targets, own=peers)[1], _nearest(owned, others)[1], radius)
    return Copies(
        ct_z=mann_whitney_z(to_train, expected),
        near_share=float((to_train < radius).mean()),
        control_z=dealing_z(owners, len(seen), len(controls)),
        control_share=_excess(of_samples, of_peers, len(seen) / (len(seen) + len(controls))),
    )


def _is_much_nearer(to_train: Float64, to_control: Float64, radius: float) -> Bools:
    return (to_train < radius) & (to_train < MUCH_NEARER * to_control)


def _excess(of_samples: Bools, of_peers: Bools, share: float) -> float:
    """Return by how much samples exceed what training rows have by chance; 0 within 3 standard errors.

    A training row lies where its split has rows, a fresh one does so in a `share` of cases.
    """
    excess = float(of_samples.mean() - share * of_peers.mean())
    error = float(of_samples.var() / len(of_samples) + share**2 * of_peers.var() / len(of_peers)) ** 0.5
    return excess if excess > 3 * error else 0.0


def _nearest(queries: Cloud, targets: Cloud, own: Indices | None = None) -> tuple[Indices, Float64]:
    indices, squares = nearest_rows(queries, targets, own=own)
    return indices, np.sqrt(squares)


def _checked(train: ArrayLike, held_out: ArrayLike, fake: ArrayLike) -> tuple[Rows, Rows, Rows]:
    seen, fresh = checked("train", train, least=2), checked("held_out", held_out, least=2)
    drawn = checked("fake", fake, least=2)
    same_width(seen, fresh, "train", "held_out")
    same_width(seen, drawn, "train", "fake")
    return seen, fresh, drawn


def _some(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    return rows if len(rows) <= most else rows[rng.choice(len(rows), most, replace=False)]


def mann_whitney_z(first: Float64, second: Float64) -> float:
    """Return the normal score, corrected for ties, of how often `first` exceeds `second`; 0 where all are equal."""
    pooled = np.sort(np.concatenate([first, second]))
    ranks = (np.searchsorted(pooled, first, "left") + np.searchsorted(pooled, first, "right") + 1) / 2
    n, m = len(first), len(second)
    ties = np.unique(pooled, return_counts=True)[1].astype(np.float64)
    variance = n * m / 12 * (n + m + 1 - float((ties**3 - ties).sum()) / ((n + m) * (n + m - 1)))
    excess = float(ranks.sum()) - n * (n + m + 1) / 2
    return excess / variance**0.5 if variance > 0 else 0.0


def dealing_z(nearest: Indices, n: int, m: int) -> float:
    """Return the normal score, over all ways to deal n + m rows in two, of how rarely the nearest is of the first n.

    Which rows are nearest to samples, and to how many, is as it is; only which of them are among the first is left to
    chance. So neither narrow nor collapsed samples, all near the same few rows, have a large score without cause.

    Args:
        nearest: of each sample, which row 0..n + m - 1 is the nearest.
        n: how many rows the first part has.
        m: how many the other has.
    """
    popularity = np.bincount(nearest, minlength=n + m).astype(np.float64)
    share = n / (n + m)
    spread = float(((popularity - popularity.mean()) ** 2).sum())
    variance = share * (1 - share) * (n + m) / (n + m - 1) * spread
    excess = float(popularity[:n].sum()) - share * len(nearest)
    return -excess / variance**0.5 if variance > 0 else 0.0


def fd_gap(train: ArrayLike, held_out: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator) -> Score:
    """Return the Frechet distance to held-out rows less that to as many training rows; positive: nearer to the latter.

    Equal numbers of rows give both distances the same bias, so that an honest sampler has a gap of 0 give or take `se`:
    the deviation of the gap for a sampler that treats training and held-out rows alike, from how the distance varies
    over 5 draws of training rows (so itself uncertain by a third). The distance to training rows is the mean over them.

    Args:
        train: features of what the model saw [n, d]; where they are no more than the held-out rows, all are taken, as
            many held-out rows are drawn, and there is no `se`.
        held_out: features of fresh rows [m, d].
        fake: features of samples [l, d].
        rng: draws the rows.

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    seen, fresh, drawn = _checked(train, held_out, fake)
    size = min(len(seen), len(fresh))
    fewest = min(size, len(drawn))
    fake_fit = fitted(drawn, fewest=fewest)
    sides = [fresh] + [seen] * (DRAWS if len(seen) > size else 1)
    to_fresh, *to_seen = [between(fitted(_some(side, size, rng), fewest=fewest), fake_fit) for side in sides]
    distances = np.array([score.value for score in to_seen], dtype=np.float64)
    return Score(
        value=float(np.float64(to_fresh.value) - distances.mean()),
        se=_honest_deviation(distances, size / len(seen)) if len(distances) > 1 else None,
        warnings=tuple(dict.fromkeys(warning for score in (to_fresh, *to_seen) for warning in score.warnings)),
    )


def _honest_deviation(distances: Float64, share: float) -> float:
    """Return the deviation of one more distance, to fresh rows, from the mean over draws of a `share` of all rows.

    Draws without replacement vary by 1 - share of what fresh rows would; what all of them have in common, by share.
    """
    variance = float(distances.var(ddof=1)) / (1 - share)
    return float((variance * (1 + share + (1 - share) / len(distances))) ** 0.5)


def duplicates(rows: ArrayLike) -> Score:
    """Return the share of rows [n, ...] that repeat an earlier row byte for byte; 0.0 and -0.0 are different bytes.

    Raises:
        ValueError: there are no rows.
    """
    values = on_host(rows) if is_torch_array(rows) else np.asarray(rows)
    if values.ndim == 0 or len(values) == 0:
        raise ValueError(f"rows: got an array of shape {values.shape}, expected at least 1 row")
    return Score(value=1 - len({row.tobytes() for row in values}) / len(values))
