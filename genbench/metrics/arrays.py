"""What the array API standard lacks, for arrays of numpy and tensors of torch alike."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.metrics.rows import Array, Rows

DEVICE_TILE = 8192  # rows: large products suit a device; a tile is 0.5 GB in float64


def smallest(values: Array, count: int) -> tuple[Array, Array]:
    """Return the `count` smallest values of every row [n, count], in no order, and their columns."""
    if is_torch_array(values):
        found = values.topk(count, dim=1, largest=False, sorted=False)
        return found.values, found.indices
    columns = np.argpartition(values, count - 1, axis=1)[:, :count]
    return np.take_along_axis(values, columns, axis=1), columns


def places(mask: Array) -> tuple[Array, Array]:
    """Return the rows and the columns of what is true, in order; in two dimensions numpy's `nonzero` takes 15 times."""
    xp = array_namespace(mask)
    (flat,) = xp.nonzero(xp.reshape(mask, (-1,)))
    return flat // mask.shape[1], flat % mask.shape[1]


def tile_rows(rows: Rows, few: int) -> int:
    """Return how many rows a tile has at most: few on the host, whose caches are small, many on a device."""
    return few if str(device(rows)).startswith("cpu") else DEVICE_TILE


@contextlib.contextmanager
def full_precision(rows: Rows) -> Iterator[None]:
    """Keep float32 products of tensors in float32, where a process's settings allow TF32 or bfloat16."""
    if not is_torch_array(rows):
        yield
        return
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.no_grad(), torch.autocast(rows.device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
