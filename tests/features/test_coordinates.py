"""Points as features."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.errors import UsageError
from genbench.features import coordinates


def test_points_keep_their_units(make_points):
    """Planted bug: rows standardised by the data's scale, so that distances lose their units."""
    data = make_points()
    extractor = coordinates.extractor(data.ref)
    features = extractor(data.rows("held_out"))
    assert features.dtype == np.float64
    np.testing.assert_array_equal(features, data.rows("held_out"))
    assert (extractor.dimension, extractor.hash[:16]) == (2, "ccf1500d8539e7dc")


def test_images_are_refused(make_images):
    with pytest.raises(UsageError, match="got image data 'shades', expected points"):
        coordinates.extractor(make_images().ref)
