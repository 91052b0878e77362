"""How many samples are authentic: farther from the nearest training row than that row's own neighbour is.

References:
    A. M. Alaa, B. van Breugel, E. Saveliev, M. van der Schaar, How Faithful is your Synthetic Data? Sample-level
    Metrics for Evaluating and Auditing Generative Models, 2022, arXiv 2102.08921: the test of authenticity.
    G. Stein and others, Exposing flaws of generative model evaluation metrics and their unfair treatment of diffusion
    models, 2023, arXiv 2306.04675: the percentage, as AuthPct.
    D. K. Pickard, Isolated Nearest Neighbors, Journal of Applied Probability 19, 1982: what an honest sampler gets.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.nearest import nearest_rows
from genbench.metrics.neighbours import clouds
from genbench.metrics.rows import checked, same_width
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def auth_pct(train: ArrayLike, fake: ArrayLike) -> Score:
    """Return the percentage, 0 to 100, of samples farther from their nearest training row than its own neighbour is.

    A sample at distance a of its nearest training row r is authentic where a > b, b the distance of r to its nearest
    other training row. Ties are not authentic: neither is a copy of a row that occurs twice, though b is 0 there. Of
    training rows equally near the first is r.

    A copier gets 0. An honest sampler does not get 100: a < b is to be mutual nearest neighbours, so that fresh rows of
    a smooth density get 33.3 in one dimension, 37.9 in the plane, 40.7 in space, and more in many: 53 as pixels of
    digits. Still more says that samples keep away from training rows, as bad samples do: compare with fresh rows.

    Args:
        train: features of what the model saw [n, d]; b is sought only for rows that are nearest to some sample.
        fake: features of samples [m, d].

    Raises:
        ValueError: rows that cannot be compared, see `genbench.metrics.rows.checked`.
    """
    seen, drawn = checked("train", train, least=2), checked("fake", fake, least=1)
    same_width(seen, drawn, "train", "fake")
    targets, samples = clouds(seen, drawn)
    owners, to_train = nearest_rows(samples, targets)
    asked, places = np.unique(owners, return_inverse=True)
    _, to_neighbour = nearest_rows(*reversed(clouds(seen, seen[asked])), own=asked)
    share = float((to_train > to_neighbour[places]).mean())
    return Score(value=100 * share, se=100 * sqrt(share * (1 - share) / len(drawn)))
