"""Feature spaces in which samples are judged: found by entry point, named by a hash of what decides their values."""

from genbench.features.classifier import ensure_classifier
from genbench.features.extractor import Extractor
from genbench.features.raw import raw_space
from genbench.features.selection import choose, default_features, extractor, with_twins

__all__ = [
    "Extractor",
    "choose",
    "default_features",
    "ensure_classifier",
    "extractor",
    "raw_space",
    "with_twins",
]
