"""Rows on the host, for metrics whose time goes where a device gains nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import to_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.metrics.rows import Array


def on_host(array: Array) -> NDArray[np.floating]:
    """Return an array or a tensor as an array of numpy, without a copy where it already lies on the host."""
    return np.asarray(to_device(array, "cpu"))
