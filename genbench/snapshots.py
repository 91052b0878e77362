"""Photographs of a model's state: taken while the meter is stopped, read back without running code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from genbench.record import Mark


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A photograph on disk: what it contains, where it is, and whether every number in it is finite."""

    mark: Mark
    path: Path
    is_finite: bool


def photograph(model: Any, path: Path) -> bool:
    """Write the state of `model` to `path`; return whether all its floating-point values are finite."""
    state = model.state_dict()
    torch.save(state, path)
    return all(bool(value.isfinite().all()) for _, value in tensors(state) if value.is_floating_point())


def restore(model: Any, path: Path, device: torch.device) -> None:
    """Load a photograph into a freshly built model."""
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))


def digest(path: Path) -> str:
    """Return the sha256 over the values of a photograph, in the order of their names."""
    total = hashlib.sha256()
    for name, value in tensors(torch.load(path, map_location="cpu", weights_only=True)):
        total.update(name.encode())
        total.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def tensors(state: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Walk the tensors of a nested state in a fixed order."""
    if isinstance(state, torch.Tensor):
        yield name, state
    elif isinstance(state, dict):
        for key in sorted(state, key=str):
            yield from tensors(state[key], f"{name}/{key}")
    elif isinstance(state, list | tuple):
        for at, value in enumerate(state):
            yield from tensors(value, f"{name}/{at}")
