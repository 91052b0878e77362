"""The limit: products of large matrices in the arithmetic at hand, and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from benchmarks.pacing import Pacer

SIDE = 1536  # rows and columns


def require(dtype: str, device: str = "cpu") -> None:
    """Refuse a type in which this processor only pretends to compute: it would take hours, and tell nothing.

    Raises:
        SystemExit: products in it take longer than in float32.
    """
    if device != "cpu":
        return
    seconds = {}
    for each in ("float32", dtype):
        matrix = torch.ones(256, 256, dtype=getattr(torch, each))
        torch.mm(matrix, matrix)
        started = time.process_time()
        torch.mm(matrix, matrix)
        seconds[each] = time.process_time() - started
    times = seconds[dtype] / seconds["float32"]
    if times > 1.5:
        raise SystemExit(
            f"this processor has no {dtype} arithmetic: products take {times:.0f} times as long as in float32"
        )


def matmul(pacer: Pacer, matmul: str = "highest", dtype: str = "float32") -> None:
    """Multiply; a unit is one product."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision(matmul)
    require(dtype)
    first, second = (torch.randn(SIDE, SIDE).to(getattr(torch, dtype)) for _ in range(2))
    result = torch.empty_like(first)
    pacer.ready(flops=2 * SIDE**3)
    while True:
        pacer()
        torch.mm(first, second, out=result)
