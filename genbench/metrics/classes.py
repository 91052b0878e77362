"""How samples fall on the classes of their data set, by the word of a classifier: classes reached, and their shares.

References:
    A. Srivastava, L. Valkov, C. Russell, M. Gutmann, C. Sutton, VEEGAN: Reducing Mode Collapse in GANs using Implicit
    Variational Learning, 2017, arXiv 1705.07761, section 4: digits stacked as channels, 1,000 classes of equal share,
    26,000 samples; Z. Lin, A. Khetan, G. Fanti, S. Oh, PacGAN, 2018, arXiv 1712.04086, section 4.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def class_shares(told: ArrayLike, counts: ArrayLike) -> dict[str, Score]:
    """Return `modes`, how many classes samples reach, and `class_kl`, KL(their shares || the data's) in nats.

    Both depend on the number of samples: 1,000 draws of 1,000 equal classes reach 632 of them, and have a `class_kl`
    near .57 for all that they are perfect. Published values are of 26,000 samples and of other classifiers.

    Args:
        told: the class of every sample [n].
        counts: how often each class is among the data's train rows [classes].

    Raises:
        ValueError: there are no samples, or they are of classes that the data never have.
    """
    seen = np.asarray(counts, dtype=np.float64)
    found = np.bincount(np.asarray(told), minlength=len(seen))
    if not found.any() or len(found) > len(seen) or (seen[found > 0] == 0).any():
        raise ValueError(f"told: got {int(found.sum())} samples, expected some, of classes that the train rows have")
    reached = found > 0
    share, expected = found[reached] / found.sum(), seen[reached] / seen.sum()
    return {
        "modes": Score(value=float(np.count_nonzero(reached))),
        "class_kl": Score(value=float((share * np.log(share / expected)).sum())),
    }
