"""The Vendi score: how many different rows there are, in effect.

References:
    D. Friedman, A. B. Dieng, The Vendi Score: A Diversity Evaluation Metric for Machine Learning, 2023,
    arXiv 2210.02410, equation 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.host import on_host
from genbench.metrics.rows import Float64, Rows, checked, parts
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CHUNK = 4096  # rows in float64 at a time


def vendi(rows: ArrayLike) -> Score:
    """Return the exponential of the entropy of K / n's eigenvalues, with K the rows' cosine similarities [n, n].

    1 where all rows point one way, at most min(n, d), and no judge of quality: noise is diverse. It grows with n, so
    compare at equal n, with the real rows' own. Rows of zeros have no direction: they count as one more, at right
    angles to all others, and are reported. Time grows with min(n, d)^3.

    Args:
        rows: features [n, d].

    Raises:
        ValueError: rows that are no features, see `genbench.metrics.rows.checked`.
    """
    features = on_host(checked("rows", rows, least=1))
    zeros = int((~features.any(axis=1)).sum())
    spectrum = np.append(np.linalg.eigvalsh(_gram(features)), zeros) / len(features)
    shares = spectrum[spectrum > 0]
    warning = f"{zeros} of {len(features)} rows are zero and count as one direction"
    return Score(value=float(np.exp(-(shares * np.log(shares)).sum())), warnings=(warning,) if zeros else ())


def _gram(rows: Rows) -> Float64:
    """Return the directions' products, over rows [d, d] or between rows [n, n]: both have the same eigenvalues."""
    if len(rows) <= rows.shape[1]:
        directions = _directions(rows)
        return np.asarray(directions @ directions.T)
    total = np.zeros((rows.shape[1], rows.shape[1]))
    for part in parts(len(rows), CHUNK):
        directions = _directions(rows[part])
        total += directions.T @ directions
    return total


def _directions(rows: Rows) -> Float64:
    """Return rows of length 1 in float64, or 0 where there is none; scaled first, lest squares vanish or overflow."""
    largest = np.abs(rows).max(axis=1, keepdims=True).astype(np.float64)
    scaled = rows / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / np.where(lengths > 0, lengths, 1), dtype=np.float64)
