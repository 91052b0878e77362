"""The fastest matrix product of a device, against which the use that a training makes of it is told.

A square product is the kindest work there is: large, regular, and what every library is tuned for. Its rate in the
precision and by the arithmetic of the trial is what the same process could have reached, and not a maker's figure.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

import torch

from genbench.device import synchronizer

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST, LARGEST = 256, 8192  # rows of a square matrix
LONGEST = 0.1  # seconds that one product may take
WINDOW = 0.01  # seconds of products between two synchronisations
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class MatmulPeak:
    """Look for the fastest product, at several moments: a busy one must not decide.

    Args:
        device: where.
        precision: of the trial; the arithmetic of float32 is what torch's flags say at the time.
    """

    def __init__(self, device: torch.device, precision: Literal["fp32", "bf16"]) -> None:
        self._device = device
        self._dtype = DTYPES[precision]
        self._wait = synchronizer(device)
        self.flops = 0.0  # per second; a multiply-add is two

    @property
    def arithmetic(self) -> str:
        """By what it was multiplied: the dtype, and of float32 how exactly."""
        if self._dtype is torch.float32:
            return f"float32, {torch.get_float32_matmul_precision()}"
        return str(self._dtype).removeprefix("torch.")

    def look(self, seconds: float) -> None:
        """Multiply for some seconds: small squares, larger ones, again small ones; keep the best rate."""
        until = time.perf_counter() + seconds
        size = SMALLEST
        with torch.no_grad():
            while time.perf_counter() < until:
                try:
                    taken = self._window(size)
                except (torch.OutOfMemoryError, MemoryError):
                    return  # the model has left no room for more
                self.flops = max(self.flops, 2 * size**3 / taken)
                size = following(size, taken)

    def _window(self, size: int) -> float:
        """Return the seconds of one product, of as many as a window holds, without those of the first."""
        left, right = (torch.randn(size, size, device=self._device, dtype=self._dtype) for _ in range(2))
        out = torch.empty_like(left)
        taken = self._multiply(left, right, out, 1)
        count = max(1, int(WINDOW / taken))
        return taken if taken > WINDOW else self._multiply(left, right, out, count)

    def _multiply(self, left: Tensor, right: Tensor, out: Tensor, count: int) -> float:
        self._wait()
        begun = time.perf_counter()
        for _ in range(count):
            torch.mm(left, right, out=out)
        self._wait()
        return (time.perf_counter() - begun) / count


def following(size: int, taken: float) -> int:
    """Return the rows to try next: twice as many, which takes eight times as long, or else the fewest again."""
    return 2 * size if 2 * size <= LARGEST and 8 * taken <= LONGEST else SMALLEST
