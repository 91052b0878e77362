"""Feature space `inception_tf`: Inception as the papers' Frechet distances were made, with TensorFlow 1's resize.

That filter is shifted and aliases (arXiv 2104.11222): use the space to compare with papers, else `inception`. Both read
one file of weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.features import inception, photographs

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.features.inception import Inception
    from genbench.refs import DataRef


def check(data: DataRef, weights: Path | None) -> None:
    """Refuse what is no grey or colour image, and a file that is not there."""
    photographs.check(data, "inception_tf")
    inception.WANTED.check(weights)


def extractor(data: DataRef, weights: Path | None, device: str) -> Inception:
    """Return the extractor.

    Raises:
        UsageError: the data or the file of weights will not do.
    """
    check(data, weights)
    return inception.load(weights, device, name="inception_tf", resize="as_tensorflow")
