"""Run a network over images in batches of one size and in full precision, whatever the process's settings are."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray


def extract(
    compute: Callable[[torch.Tensor], torch.Tensor], rows: NDArray[Any], *, width: int, batch: int, device: str = "cpu"
) -> NDArray[np.float32]:
    """Return float32 [n, width] of images uint8 [n, c, h, w]; the last batch is filled up, so that company is nothing.

    Args:
        compute: the features [batch, width] of images uint8 [batch, c, h, w] on `device`.
        rows: the images.
        width: features of one image.
        batch: images at a time.
        device: where the network's weights are.

    Raises:
        TypeError: the images are not uint8, which a cast would hide.
    """
    if rows.dtype != np.uint8:
        raise TypeError(f"images: got {rows.dtype}, expected uint8 [n, c, h, w]")
    result = np.empty((len(rows), width), np.float32)
    with torch.inference_mode(), full_precision(torch.device(device).type):
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            padded = np.zeros((batch, *rows.shape[1:]), np.uint8)
            padded[: len(part)] = part
            found = compute(torch.from_numpy(padded).to(device))
            result[start : start + batch] = found[: len(part)].cpu().numpy()
    return result


@contextlib.contextmanager
def full_precision(kind: str) -> Iterator[None]:
    """Keep products and convolutions in float32: lower settings mean TF32 or bfloat16, on some processors too."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.autocast(kind, enabled=False), _steady_convolutions(kind):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def _steady_convolutions(kind: str) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which cuDNN neither rounds to TF32 nor picks algorithms by a race."""
    if kind != "cuda":
        return contextlib.nullcontext()
    return torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
