"""What Inception v3 is made of, as data: the same table tells which arrays its file must hold and how to run it.

References:
    C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, Rethinking the Inception Architecture for Computer Vision,
    2015, arXiv 1512.00567, table 1 and figures 5 to 7. The numbers are those of the graph of 2015-12-05, by which
    Frechet distances are published; arrays are called as in torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Pool = Literal["average", "largest", "halving"]
Shape = tuple[int, ...]

LOGITS = 1008
BASE = 32  # channels of the first unit; a file with a fraction of them has that fraction everywhere
NARROWER = (2, 4, 8, 16)  # down to a sixteenth, by which all numbers of channels can be divided
VECTORS = ("weight", "bias", "running_mean", "running_var")  # of a normalisation


@dataclass(frozen=True, slots=True)
class Unit:
    """A convolution without bias, its normalisation and a rectifier."""

    name: str
    channels: int
    height: int  # of the kernel
    width: int
    stride: int = 1
    is_padded: bool = True  # by half the kernel; strided units never are


@dataclass(frozen=True, slots=True)
class Branch:
    """A pooling, then steps one after another; units of one step see the same input and are joined."""

    pool: Pool | None
    steps: tuple[tuple[Unit, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Branches that see the same input and are joined."""

    branches: tuple[Branch, ...]


def _branch(name: str, *sizes: tuple[int, int, int], pool: Pool | None = None, stride: int = 1) -> Branch:
    """Return units `name_1`, `name_2`, ... (a single one is `name`), of which the last has the stride."""
    names = [name] if len(sizes) == 1 else [f"{name}_{number}" for number in range(1, len(sizes) + 1)]
    *units, last = [Unit(each, *size) for each, size in zip(names, sizes, strict=True)]
    return Branch(pool, tuple((unit,) for unit in (*units, replace(last, stride=stride))))


def _fork(name: str, *sizes: tuple[int, int, int]) -> Branch:
    """Return a branch that ends in a wide and a tall kernel side by side."""
    number, channels = len(sizes) + 1, 384
    ends = (Unit(f"{name}_{number}a", channels, 1, 3), Unit(f"{name}_{number}b", channels, 3, 1))
    units = [(Unit(f"{name}_{place}", *size),) for place, size in enumerate(sizes, 1)]
    return Branch(None, (*units, ends))


def _stem() -> Iterator[Block]:
    first = Unit("Conv2d_1a_3x3", 32, 3, 3, stride=2)
    second = Unit("Conv2d_2a_3x3", 32, 3, 3, is_padded=False)
    yield Block((Branch(None, ((first,), (second,), (Unit("Conv2d_2b_3x3", 64, 3, 3),))),))
    units = (Unit("Conv2d_3b_1x1", 80, 1, 1), Unit("Conv2d_4a_3x3", 192, 3, 3, is_padded=False))
    yield Block((Branch("halving", tuple((unit,) for unit in units)),))
    yield Block((Branch("halving"),))


def _fine(name: str, pooled: int) -> Block:
    five = _branch(f"{name}.branch5x5", (48, 1, 1), (64, 5, 5))
    three = _branch(f"{name}.branch3x3dbl", (64, 1, 1), (96, 3, 3), (96, 3, 3))
    pool = _branch(f"{name}.branch_pool", (pooled, 1, 1), pool="average")
    return Block((_branch(f"{name}.branch1x1", (64, 1, 1)), five, three, pool))


def _first_reduction(name: str) -> Block:
    three = _branch(f"{name}.branch3x3", (384, 3, 3), stride=2)
    double = _branch(f"{name}.branch3x3dbl", (64, 1, 1), (96, 3, 3), (96, 3, 3), stride=2)
    return Block((three, double, Branch("halving")))


def _middle(name: str, inner: int) -> Block:
    wide, tall, last = (inner, 1, 7), (inner, 7, 1), (192, 1, 7)
    seven = _branch(f"{name}.branch7x7", (inner, 1, 1), wide, (192, 7, 1))
    double = _branch(f"{name}.branch7x7dbl", (inner, 1, 1), tall, wide, tall, last)
    pool = _branch(f"{name}.branch_pool", (192, 1, 1), pool="average")
    return Block((_branch(f"{name}.branch1x1", (192, 1, 1)), seven, double, pool))


def _second_reduction(name: str) -> Block:
    three = _branch(f"{name}.branch3x3", (192, 1, 1), (320, 3, 3), stride=2)
    seven = _branch(f"{name}.branch7x7x3", (192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3), stride=2)
    return Block((three, seven, Branch("halving")))


def _coarse(name: str, pool: Pool) -> Block:
    three, double = _fork(f"{name}.branch3x3", (384, 1, 1)), _fork(f"{name}.branch3x3dbl", (448, 1, 1), (384, 3, 3))
    pooled = _branch(f"{name}.branch_pool", (192, 1, 1), pool=pool)
    return Block((_branch(f"{name}.branch1x1", (320, 1, 1)), three, double, pooled))


BLOCKS = (
    *_stem(),
    *(_fine(f"Mixed_5{letter}", pooled) for letter, pooled in (("b", 32), ("c", 64), ("d", 64))),
    _first_reduction("Mixed_6a"),
    *(_middle(f"Mixed_6{letter}", inner) for letter, inner in (("b", 128), ("c", 160), ("d", 160), ("e", 192))),
    _second_reduction("Mixed_7a"),
    _coarse("Mixed_7b", "average"),
    _coarse("Mixed_7c", "largest"),  # the graph's slip, which every published distance shares
)


def shapes(base: int = BASE) -> dict[str, Shape]:
    """Return the shape of every array of a network whose first unit has `base` channels; 32 is the published one."""
    result: dict[str, Shape] = {}
    channels = 3
    for block in BLOCKS:
        outputs = [_walk(branch, channels, base, result) for branch in block.branches]
        channels = sum(outputs)
    return result | {"fc.weight": (LOGITS, channels), "fc.bias": (LOGITS,)}


def base_of(found: Mapping[str, Shape]) -> int:
    """Return how many channels the first unit has where all others can follow it, else those of the published file."""
    first = found.get(f"{BLOCKS[0].branches[0].steps[0][0].name}.conv.weight")
    return first[0] if first and first[0] in NARROWER else BASE


def _walk(branch: Branch, channels: int, base: int, result: dict[str, Shape]) -> int:
    """Add a branch's shapes to `result`; return how many channels leave it."""
    for step in branch.steps:
        for unit in step:
            count = unit.channels * base // BASE
            result[f"{unit.name}.conv.weight"] = (count, channels, unit.height, unit.width)
            result |= {f"{unit.name}.bn.{vector}": (count,) for vector in VECTORS}
        channels = sum(unit.channels for unit in step) * base // BASE
    return channels
