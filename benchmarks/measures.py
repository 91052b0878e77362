"""Measures on made features, ours and those of peers: a unit is one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import peers
from benchmarks.pacing import forget_high_water, high_water
from genbench.metrics.frechet import fd
from genbench.metrics.kernel import kd
from genbench.metrics.manifold import prdc

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.pacing import Pacer

FEW = 1000  # rows, for which all that compute the same must agree
BALLS = ("precision", "recall", "density", "coverage")


def _frechet(real: Any, fake: Any) -> list[float]:
    return [fd(real, fake).value]


def _kernel(real: Any, fake: Any) -> list[float]:
    return [kd(real, fake, rng=np.random.default_rng(0)).value]


def _balls(real: Any, fake: Any) -> list[float]:
    found = prdc(real, fake)
    return [found[name].value for name in BALLS]


def _balls_of_prdc(real: Any, fake: Any) -> list[float]:
    found = peers.prdc(real, fake)
    return [float(found[name]) for name in BALLS]


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "fd": _frechet,
    "fd by sqrtm": lambda real, fake: [peers.fid_by_root(real, fake)],
    "fd by eigenvalues": lambda real, fake: [peers.fid_by_eigenvalues(real, fake)],
    "kd": _kernel,
    "kd by subsets": lambda real, fake: [peers.kid(real, fake)],
    "prdc": _balls,
    "prdc of prdc": _balls_of_prdc,
}


def time(pacer: Pacer, function: str, rows: int, columns: int) -> None:
    """Compute again and again."""
    compute = FUNCTIONS[function]
    real, fake = sides(rows, columns)
    few = compute(*sides(FEW, min(columns, 64)))  # imports
    forget_high_water()
    pacer.ready(losses=few, base=high_water())
    while True:
        pacer()
        compute(real, fake)


def sides(rows: int, columns: int) -> tuple[Any, Any]:
    """Return two sides of float32 features that differ a little."""
    real, fake = (np.random.default_rng(seed).standard_normal((rows, columns), dtype=np.float32) for seed in (0, 1))
    return real, np.float32(0.95) * fake + np.float32(0.02)
