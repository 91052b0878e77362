"""The limit: products of large matrices in the arithmetic at hand, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from benchmarks.pacing import Pacer

SIDE = 1536  # rows and columns


def matmul(pacer: Pacer, matmul: str = "highest", dtype: str = "float32") -> None:
    """Multiply; a unit is one product."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision(matmul)
    first, second = (torch.randn(SIDE, SIDE).to(getattr(torch, dtype)) for _ in range(2))
    result = torch.empty_like(first)
    pacer.ready(flops=2 * SIDE**3)
    while True:
        pacer()
        torch.mm(first, second, out=result)
