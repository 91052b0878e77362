"""Which float32 products a training runs on: torch's own, or faster ones whose error was measured on this machine.

`torch.set_float32_matmul_precision("medium")` lets oneDNN multiply on a CPU. On some that is the same arithmetic at
twice the speed; on others, as those with AMX, it rounds to bfloat16; on others again it does nothing. So it is measured
once for a processor and a version of torch. On CUDA float32 means float32: no TF32, in products or convolutions.
"""

from __future__ import annotations

import hashlib
import math
import operator
import statistics
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

import torch

from genbench.errors import ResultsError
from genbench.refs import Frozen
from genbench.store import load, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    Product = tuple[Tensor, Tensor, Tensor]  # c + a b

Precision = Literal["highest", "medium"]
MOST_ERROR = 1e-6  # relative; float32 itself comes to 2e-7 .. 6e-7, bfloat16 to 2e-3
LEAST_GAIN = 1.1  # less is not worth another arithmetic than torch's own
ROUNDS = 9
# rows, inner size, columns: of layers, of their gradients, and what falls on no vector's edge
SHAPES = (
    (128, 784, 400),
    (784, 128, 400),
    (256, 512, 512),
    (127, 129, 131),
    (100, 2, 128),
    (128, 128, 1),
    (16, 1000, 16),
)
TIMED = SHAPES[:3]


class Finding(Frozen):
    """What was measured on one kind of machine."""

    cpu: str
    torch: str
    capability: str  # of its vectors, as torch names it
    error: float  # of "medium" against float64, relative Frobenius norm, the largest of all shapes
    is_same: bool  # as torch's own products, to the last bit
    gain: float  # how many times as fast it is

    @property
    def precision(self) -> Precision:
        """What training may run on."""
        accepted = self.error <= MOST_ERROR and not self.is_same and self.gain >= LEAST_GAIN
        return "medium" if accepted else "highest"


def settle(device: torch.device, precision: Precision) -> None:
    """Set the arithmetic of this process, before a plugin is loaded."""
    torch.set_float32_matmul_precision(precision)
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False


def found(cpu: str, cache: Path) -> Finding:
    """Return what is known of this machine, measured where nothing is; kept in `cache`, where that can be written."""
    known = {"cpu": cpu, "torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability()}
    path = cache / "arithmetic" / f"{hashlib.sha256('|'.join(known.values()).encode()).hexdigest()[:16]}.json"
    with suppress(ResultsError):
        return load(path, Finding)
    finding = Finding(**known, **measure())
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        publish(path, finding)
    return finding


def measure() -> dict[str, float | bool]:
    """Measure `Finding.error`, `is_same` and `gain`, on one thread; a tenth of a second."""
    products = [_product(*shape) for shape in SHAPES]
    with one_thread():
        own, other = (_at(each, products) for each in ("highest", "medium"))
        errors = [_error(value, product) for value, product in zip(other, products, strict=True)]
        is_same = all(map(torch.equal, own, other))
        gain = 1.0 if is_same else _gain(products[: len(TIMED)])
    return {"error": max(errors), "is_same": is_same, "gain": gain}


def _product(rows: int, inner: int, columns: int) -> Product:
    generator = torch.Generator().manual_seed(rows * inner * columns)
    shapes = ((rows, columns), (rows, inner), (inner, columns))
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)  # type: ignore[return-value]


def _at(precision: Precision, products: list[Product]) -> list[Tensor]:
    with _multiplying(precision):
        return [torch.addmm(*product) for product in products]


def _error(value: Tensor, product: Product) -> float:
    exact = torch.addmm(*(each.double() for each in product))
    return float((value - exact).norm() / exact.norm())


def _gain(products: list[Product]) -> float:
    """Return the geometric mean over products of how many times as fast "medium" is, each at its best of rounds."""
    best = {precision: [math.inf] * len(products) for precision in ("highest", "medium")}
    for _ in range(ROUNDS):
        for precision in ("highest", "medium"):
            with _multiplying(precision):
                best[precision] = list(map(min, best[precision], map(_seconds, products)))
    return statistics.geometric_mean(map(operator.truediv, best["highest"], best["medium"]))


def _seconds(product: Product) -> float:
    """Time one product by the processor's clock, so that others on the machine do not count."""
    begun = time.thread_time()
    torch.addmm(*product)
    return time.thread_time() - begun


@contextmanager
def _multiplying(precision: str) -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Sum in one order, so that a machine repeats itself."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
