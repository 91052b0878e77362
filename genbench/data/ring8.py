"""Eight Gaussians on a circle of radius 1, deviation 0.01, equally likely; fresh points, no download.

The variant of Z. Lin, A. Khetan, G. Fanti, S. Oh, "PacGAN: the power of two samples in generative adversarial
networks", 2018, arXiv:1712.04086: centre k lies at the angle 2 pi k / 8.
(A `linspace` that includes its end makes seven centres.)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from genbench.data import mixtures
from genbench.refs import Mixture

if TYPE_CHECKING:
    from genbench.data.dataset import Raw

SEED = 8
DIAGONAL = math.sqrt(0.5)  # correctly rounded everywhere, which cos(pi / 4) is not
COSINES = (1.0, DIAGONAL, 0.0, -DIAGONAL, -1.0, -DIAGONAL, 0.0, DIAGONAL)
SINES = COSINES[-2:] + COSINES[:-2]  # sin a = cos(a - pi / 2)
MIXTURE = Mixture(centres=tuple(zip(COSINES, SINES, strict=True)), deviation=0.01)


def load() -> Raw:
    """Draw the three splits."""
    return mixtures.load(MIXTURE, SEED)
