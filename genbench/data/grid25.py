"""Twenty-five Gaussians on the grid {-4, -2, 0, 2, 4}^2, deviation 0.05, equally likely; fresh points, no download.

The variant of Z. Lin, A. Khetan, G. Fanti, S. Oh, "PacGAN: the power of two samples in generative adversarial
networks", 2018, arXiv:1712.04086.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from genbench.data import mixtures
from genbench.refs import Mixture

if TYPE_CHECKING:
    from genbench.data.dataset import Raw

SEED = 25
MIXTURE = Mixture(centres=tuple(itertools.product((-4.0, -2.0, 0.0, 2.0, 4.0), repeat=2)), deviation=0.05)


def load() -> Raw:
    """Draw the three splits."""
    return mixtures.load(MIXTURE, SEED)
