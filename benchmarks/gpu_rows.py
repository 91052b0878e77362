"""Training on a GPU: ours beside a bare loop and a CUDA graph written by hand, by the wall clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.rotation import Rotation, Side, rotate
from benchmarks.rows import Row, check_agreement

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS, SECONDS = 5, 0.3
OF_GRAPH = 0.97  # of the speed of a graph written by hand
OF_EAGER = {128: 2.0, 512: 1.05}  # times as fast as a plain loop
MODELS = {
    "MLP VAE": ("coder", "perceptron_coder"),
    "DCGAN 32x32 width 64": ("rivals", "convolutional_rivals"),
    "MLP GAN": ("rivals", "perceptron_rivals"),
    "conv VAE 32-64": ("coder", "convolutional_coder"),
}
CASES = [(name, batch) for batch in OF_EAGER for name in MODELS]


def rows(device: str, deadline: float) -> Iterator[Row]:
    """Measure case after case; none is begun after so many seconds."""
    begun = time.monotonic()
    for name, batch in CASES:
        work = f"{name}, batch {batch}, fp32"
        if time.monotonic() - begun > deadline:
            yield Row(work=work, absent=f"no time was left after {deadline:.0f} s")
            continue
        turns = rotate(sides(name, batch, device), rounds=ROUNDS, seconds=SECONDS, clock="wall")
        check_agreement(work, turns)
        yield _row(work, turns, "graph by hand", OF_GRAPH)
        yield _row(work, turns, "eager by hand", OF_EAGER[batch])


def sides(name: str, batch: int, device: str) -> list[Side]:
    """Return ours, and both loops by hand."""
    kind, networks = MODELS[name]
    given = {"networks_": networks, "batch": batch, "device": device}
    return [
        Side("ours", "ours:train", given | {"model": kind}),
        Side("graph by hand", f"bare:{kind}", given | {"is_graph": True}),
        Side("eager by hand", f"bare:{kind}", given),
    ]


def _row(work: str, turns: Rotation, name: str, least: float) -> Row:
    if reason := turns.absent.get("ours") or turns.absent.get(name):
        return Row(work=work, against=name, least=least, absent=reason)
    return Row(work=work, against=name, values=turns.ratios(name, "ours"), least=least)
