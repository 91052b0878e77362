"""A classifier that tries to tell samples from real rows.

References:
    D. Lopez-Paz, M. Oquab, Revisiting Classifier Two-Sample Tests, 2017, arXiv 1610.06545, section 3: the accuracy on
    held-out rows, and its null variance 1 / (4 n_test) for one split.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.host import on_host
from genbench.metrics.rows import checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from genbench.metrics.rows import Float64

FOLDS = 5
LEVEL = 0.95
MOST_STEPS = 1000


def c2st(real: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator) -> Score:
    """Return how often logistic regressions over 5 folds tell held-out rows apart: 0.5 is chance, 1 separates them.

    C = 1, on features standardised by the training folds. The accuracy is the mean of both sides' own, and training
    weighs the sides equally, so that chance is 0.5 at unequal n and m too, where else it were the larger side's share.
    `interval` holds 95 % of the values that two sides of one distribution give. It is wider than for the source's one
    split, as each fold's rows train the classifiers of the others: the variance of rows on their own,
    (1 / n + 1 / m) / 16, grows by 1 + c, with c the squared correlation of verdicts and decisions (2 / pi where these
    are Gaussian, 1 where they take two values). Below the interval, rows of one side are repeated on the other.
    A few float64 copies of the rows are held.

    Args:
        real: reference features [n, d].
        fake: features of samples [m, d].
        rng: deals the rows of each side into folds of equal size.

    Raises:
        ValueError: fewer than 5 rows, or rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    sides = [on_host(side).astype(np.float64, copy=False) for side in checked_pair(real, fake, least=FOLDS)]
    is_fake = np.repeat([False, True], [len(side) for side in sides])
    folds = np.concatenate([rng.permutation(np.arange(len(side)) % FOLDS) for side in sides])
    decisions, is_converged = _decisions(np.concatenate(sides), is_fake, folds)
    is_right = (decisions > 0) == is_fake
    shares = [is_right[is_fake == side] for side in (False, True)]
    variance = sum(1 / len(share) for share in shares) / 16 * (1 + _coupling(decisions, folds))
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * variance**0.5
    return Score(
        value=float(np.mean([share.mean() for share in shares])),
        interval=(max(0.5 - reach, 0.0), min(0.5 + reach, 1.0)),
        warnings=() if is_converged else (f"a classifier had not converged after {MOST_STEPS} steps",),
    )


def _decisions(rows: Float64, is_fake: NDArray[np.bool_], folds: NDArray[np.intp]) -> tuple[Float64, bool]:
    """Return each row's score by the classifier that has not seen it, above 0 for fake, and whether all converged."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    decisions, is_converged = np.empty(len(rows)), True
    for fold in range(FOLDS):
        is_test = folds == fold
        logistic = LogisticRegression(C=1.0, class_weight="balanced", max_iter=MOST_STEPS)
        classifier = make_pipeline(StandardScaler(copy=False), logistic)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it becomes the score's own
            classifier.fit(rows[~is_test], is_fake[~is_test])
        decisions[is_test] = classifier.decision_function(rows[is_test])
        is_converged &= bool(logistic.n_iter_[0] < MOST_STEPS)
    return decisions, is_converged


def _coupling(decisions: Float64, folds: NDArray[np.intp]) -> float:
    """Return the squared correlation of verdict and decision within folds, on average.

    To first order, one fold's accuracy rises with (difference of its sides) . (sum of the other folds' differences),
    as far as verdicts follow decisions linearly. Under the null any two such products correlate by 1 / (folds - 1).
    """
    shares = []
    for fold in range(FOLDS):
        of_fold = decisions[folds == fold]
        is_fake = of_fold > 0
        is_both = bool(is_fake.any()) and not is_fake.all()
        shares.append(float(np.corrcoef(is_fake, of_fold)[0, 1] ** 2) if is_both else 0.0)
    return float(np.mean(shares))
