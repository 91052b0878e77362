"""How rows of a table differ from real ones: column by column, pair by pair, by what they teach, by what trees see.

Rows are float [n, columns] in the table's own units, a category as its code.

References:
    N. Patki, R. Wedge, K. Veeramachaneni, The Synthetic Data Vault, DSAA 2016, and its package SDMetrics, whose
    KSComplement, TVComplement, CorrelationSimilarity and ContingencySimilarity are 1 less the distances here.
    L. Xu, M. Skoularidou, A. Cuesta-Infante, K. Veeramachaneni, Modeling Tabular data using Conditional GAN, 2019,
    arXiv 1907.00503, section 5.2: a classifier trained on samples, its F1 on real rows.
    C. Esteban, S. L. Hyland, G. Ratsch, Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs,
    2017, arXiv 1706.02633, section 4.1: train on synthetic, test on real.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import ks_2samp

from genbench.metrics.rows import checked_pair
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from genbench.metrics.rows import Float64
    from genbench.table import Column, Table

    Codes = NDArray[np.intp]

BINS = 10  # of a number beside a category: cut at the deciles of the real rows


def column_distance(real: ArrayLike, fake: ArrayLike, table: Table) -> Score:
    """Return how far the columns, each on its own, are from the real ones: a mean of distances from 0 to 1.

    Of numbers the Kolmogorov-Smirnov statistic, the widest gap between the distribution functions; of categories the
    total variation distance, half the sum of differences of shares. Equal laws do not reach 0: about 1 / sqrt(n) for a
    number. It sees no dependence: columns shuffled each by itself score 0.

    Args:
        real: reference rows [n, columns].
        fake: samples [m, columns].
        table: what the columns are.

    Raises:
        ValueError: rows that do not fit the table, or hold NaN, infinity or codes of no category.
    """
    sides = _checked(real, fake, table)
    return Score(value=float(np.mean([_apart(column, *_sides(sides, index)) for column, index, _ in table.places()])))


def pair_distance(real: ArrayLike, fake: ArrayLike, table: Table) -> Score:
    """Return how far pairs of columns are from the real ones: a mean over all pairs of distances from 0 to 1.

    Of two numbers half the difference of their correlations, and 0 is the correlation of a constant; of two categories
    the total variation distance of their contingency table; of a number and a category likewise, the number cut at the
    deciles of the real rows. Tables of many cells stay far from 0 for equal laws too: compare at equal N, beside the
    floor. It misses dependence of numbers that is no correlation, and all that takes three columns.

    Arguments and errors as for `column_distance`; a table of one column has no pairs.
    """
    sides = _checked(real, fake, table)
    if len(table.columns) < 2:
        raise ValueError("table: got 1 column, expected at least 2, of which pairs are made")
    codes = [_codes(column, *_sides(sides, index)) for column, index, _ in table.places()]
    first, second = (_correlations(side) for side in sides)
    found = []
    for one, other in combinations(range(len(codes)), 2):
        if all(table.columns[each].kind != "category" for each in (one, other)):
            found.append(abs(first[one, other] - second[one, other]) / 2)
        else:
            found.append(_contingency_apart(codes[one], codes[other]))
    return Score(value=float(np.mean(found)))


def tstr(real: ArrayLike, fake: ArrayLike, table: Table) -> Score:
    """Return how well the target is told on real rows by a model trained on samples: macro-F1, or R^2 of a number.

    Boosted trees as in `genbench.metrics.trees`. What real rows teach is the floor's number. It sees only what bears
    on the target; a sampler that copies train rows teaches as well as they do.

    Args:
        real: rows [n, columns] that no model was trained on, to test.
        fake: samples [m, columns], to train on.
        table: what the columns are, and which is the target.

    Raises:
        ValueError: there is no target, or rows as for `column_distance`.
    """
    from sklearn.metrics import f1_score, r2_score

    from genbench.metrics import trees

    test, taught = _checked(real, fake, table)
    place = next((place for place in table.places() if place.column.name == table.target), None)
    if place is None:
        raise ValueError("table: got no target column, expected one that the others are to predict")
    others = [index for index in range(len(table.columns)) if index != place.stored]
    if not others:
        raise ValueError("table: got no column but the target, expected some to predict it by")
    columns = [table.columns[index] for index in others]
    truth, known = test[:, place.stored], taught[:, place.stored]
    if place.column.kind == "category":
        said = trees.classified(columns, taught[:, others], known, test[:, others])
        return Score(value=float(f1_score(truth, said, average="macro")))
    said = trees.regressed(columns, taught[:, others], known, test[:, others])
    return Score(value=float(r2_score(truth, said)))


def _checked(real: ArrayLike, fake: ArrayLike, table: Table) -> tuple[Float64, Float64]:
    first, second = (np.asarray(side, dtype=np.float64) for side in checked_pair(real, fake))
    for name, rows in (("real", first), ("fake", second)):
        if rows.shape[1] != len(table.columns):
            raise ValueError(f"{name}: got {rows.shape[1]} columns, expected the table's {len(table.columns)}")
        for column, index, _ in table.places():
            if column.kind == "category" and not np.isin(rows[:, index], np.arange(len(column.categories))).all():
                raise ValueError(
                    f"{name}: column '{column.name}' has codes of no category, expected whole numbers "
                    f"from 0 to {len(column.categories) - 1}"
                )
    return first, second


def _sides(sides: tuple[Float64, Float64], index: int) -> tuple[Float64, Float64]:
    return sides[0][:, index], sides[1][:, index]


def _apart(column: Column, real: Float64, fake: Float64) -> float:
    if column.kind != "category":
        return float(ks_2samp(real, fake, method="asymp").statistic)
    return _total_variation(*(side.astype(np.intp) for side in (real, fake)))


def _codes(column: Column, real: Float64, fake: Float64) -> tuple[Codes, Codes]:
    """Return categories as they are, and numbers by the tenth of the real ones in which they fall."""
    if column.kind == "category":
        return real.astype(np.intp), fake.astype(np.intp)
    edges = np.unique(np.quantile(real, np.arange(1, BINS) / BINS))
    return np.searchsorted(edges, real), np.searchsorted(edges, fake)


def _contingency_apart(one: tuple[Codes, Codes], other: tuple[Codes, Codes]) -> float:
    width = 1 + max(int(side.max()) for side in other)
    return _total_variation(*(first * width + second for first, second in zip(one, other, strict=True)))


def _total_variation(real: Codes, fake: Codes) -> float:
    cells = 1 + int(max(real.max(), fake.max()))
    shares = [np.bincount(side, minlength=cells) / len(side) for side in (real, fake)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _correlations(rows: Float64) -> NDArray[Any]:
    """Return the correlations of all columns, 0 where one does not vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(np.atleast_2d(np.corrcoef(rows, rowvar=False)), nan=0.0)
