"""The Inception score; only where it is asked for.

References:
    T. Salimans, I. Goodfellow, W. Zaremba, V. Cheung, A. Radford, X. Chen, Improved Techniques for Training GANs, 2016,
    arXiv 1606.03498, section 4.
    S. Barratt, R. Sharma, A Note on the Inception Score, 2018, arXiv 1801.01973: why it is not to be trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.host import on_host
from genbench.metrics.rows import Float64, checked
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def inception_score(logits: ArrayLike, splits: int = 1) -> Score:
    """Return exp(mean KL(p(y|x) || p(y))), between 1 and the number of classes; the mean over splits.

    It never looks at real rows, grows with n, and means nothing outside of the classifier's own kind of images. The
    spread over splits is no standard error, so that none is given.

    Args:
        logits: a classifier's outputs before softmax for samples [n, classes].
        splits: parts of nearly equal size, in the order of the rows, that are scored apart.

    Raises:
        ValueError: `splits` not in 1 to n, or logits that are no rows, see `genbench.metrics.rows.checked`.
    """
    rows = on_host(checked("logits", logits, least=1)).astype(np.float64, copy=False)
    if not 1 <= splits <= len(rows):
        raise ValueError(f"splits: got {splits}, expected 1 to the {len(rows)} rows that there are")
    logs = rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)
    return Score(value=float(np.mean([_score(part) for part in np.array_split(logs, splits)])))


def _score(logs: Float64) -> float:
    """Return the score of log probabilities [n, classes]."""
    shares = np.exp(logs)
    of_class = shares.mean(axis=0)
    marginal = np.log(np.where(of_class > 0, of_class, 1))  # a class that never occurs adds nothing
    return float(np.exp((shares * (logs - marginal)).sum(axis=1).mean()))
