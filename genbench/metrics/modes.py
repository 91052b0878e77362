"""How samples fall on the known modes of a mixture of round Gaussians.

References:
    Z. Lin, A. Khetan, G. Fanti, S. Oh, PacGAN: The power of two samples in generative adversarial networks, 2018,
    arXiv 1712.04086, section 4.1: a sample is of high quality within three deviations of its nearest mode.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.rows import checked, same_width
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

REACH = 3.0  # deviations within which a sample is of high quality
HQ_CEILING = 1 - math.exp(-(REACH**2) / 2)  # 0.98889: the high-quality share of a perfect sampler in two dimensions


def modes(samples: ArrayLike, centres: ArrayLike, deviation: float) -> dict[str, Score]:
    """Return `modes` (how many are nearest to a high-quality sample), `hq_share` and `reverse_kl`.

    `reverse_kl` is KL(histogram of high-quality samples over modes || uniform) in nats, and None where there are none.

    Args:
        samples: [n, d], in the units of the centres.
        centres: of equally likely modes [m, d].
        deviation: of every coordinate around its centre.

    Raises:
        ValueError: rows that cannot be compared, or a deviation that is not positive.
    """
    drawn, middles = checked("samples", samples, least=1), checked("centres", centres, least=1)
    same_width(drawn, middles, "samples", "centres")
    if not deviation > 0:
        raise ValueError(f"deviation: got {deviation}, expected a positive number")
    distances = np.stack([((drawn - middle) ** 2).sum(axis=1) for middle in middles.astype(np.float64)])  # [m, n]
    is_good = distances.min(axis=0) < (REACH * deviation) ** 2
    counts = np.bincount(distances.argmin(axis=0)[is_good], minlength=len(middles))
    return {
        "modes": Score(value=float(np.count_nonzero(counts))),
        "hq_share": Score(value=float(is_good.mean())),
        "reverse_kl": _divergence_from_uniform(counts),
    }


def _divergence_from_uniform(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Score:
    if not counts.any():
        return Score(value=None, warnings=("no sample lies within three deviations of a mode",))
    share = counts[counts > 0] / counts.sum()
    return Score(value=float((share * np.log(share * len(counts))).sum()))
