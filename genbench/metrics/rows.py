"""Rows [n, d] as every metric takes them: checked once, then cut in pieces, so that no whole float64 copy is made.

Rows are numpy arrays or torch tensors on any device; a metric computes where its rows are, by the functions that the
array API standard names (2024.12), which `array_namespace` gives for either.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import ArrayLike, NDArray

Rows = Any  # floats [n, d], an array of numpy or a tensor of torch
Array = Any  # likewise, of any shape
Float64 = NDArray[np.float64]
LARGEST = float(np.finfo(np.float32).max)  # beyond it the cube in the kernel distance can overflow float64


def checked(name: str, values: ArrayLike, *, least: int) -> Rows:
    """Return `values` as rows [n, d] of at least `least` finite rows.

    Raises:
        ValueError: wrong number of dimensions, too few rows, NaN, infinity, or a magnitude beyond float32's range.
    """
    rows = values if is_torch_array(values) else np.asarray(values)
    xp = array_namespace(rows)
    if rows.dtype not in (xp.float32, xp.float64):
        rows = xp.astype(rows, xp.float64)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(f"{name}: got an array of shape {tuple(rows.shape)}, expected rows [n, d]; flatten each row")
    if len(rows) < least:
        raise ValueError(f"{name}: got {len(rows)} rows, expected at least {least}; give more rows")
    if not xp.all(xp.isfinite(rows)):
        bad = int(xp.sum(~xp.all(xp.isfinite(rows), axis=1)))
        raise ValueError(f"{name}: got NaN or infinity in {bad} of {len(rows)} rows, expected finite features")
    if max(-float(xp.min(rows)), float(xp.max(rows))) > LARGEST:
        raise ValueError(f"{name}: got a magnitude beyond float32's range ({LARGEST:.3g}), expected smaller features")
    return rows


def checked_pair(real: ArrayLike, fake: ArrayLike, *, least: int = 2) -> tuple[Rows, Rows]:
    """Return both sides as rows of the same width, in the same place.

    Raises:
        ValueError: as `checked`, or where the widths differ.
        TypeError: one side is a numpy array, the other a torch tensor.
    """
    first, second = checked("real", real, least=least), checked("fake", fake, least=least)
    array_namespace(first, second)
    same_width(first, second, "real", "fake")
    return first, second


def same_width(first: Rows, second: Rows, *names: str) -> None:
    """Refuse rows that cannot come from one feature extractor."""
    if first.shape[1] != second.shape[1]:
        widths = f"{names[0]} has d = {first.shape[1]}, {names[1]} has d = {second.shape[1]}"
        raise ValueError(f"got rows of different width: {widths}; expected the features of one extractor")


def parts(count: int, size: int) -> list[slice]:
    """Cut `count` rows into slices of nearly equal length, none longer than `size`."""
    pieces = -(-count // size)
    edges = [count * piece // pieces for piece in range(pieces + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]
