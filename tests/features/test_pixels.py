"""Grey values as features."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.errors import UsageError
from genbench.features import pixels


def test_grey_values_run_from_0_to_1_in_the_order_of_the_image(make_images):
    """Planted bug: division by 256, or channels moved last before flattening."""
    extractor = pixels.extractor(make_images(shape=(3, 2, 1)).ref)
    rows = np.array([[[[0], [51]], [[102], [153]], [[204], [255]]]], np.uint8)
    features = extractor(rows)
    assert features.dtype == np.float64
    np.testing.assert_array_equal(features, [[0, 0.2, 0.4, 0.6, 0.8, 1]])
    assert extractor.dimension == 6


def test_its_hash_is_the_same_on_every_machine(make_images):
    assert pixels.extractor(make_images().ref).hash.startswith("e38b8764f598db4f")


def test_points_are_refused(make_points):
    with pytest.raises(UsageError, match="got points data 'cloud', expected images"):
        pixels.extractor(make_points().ref)
