"""Photographs of a model's state: taken while the meter is stopped, read back without running code."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from genbench.checkpoint_file import save
from genbench.errors import CheckpointError
from genbench.record import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A photograph on disk: what it contains, where it is, and whether every number in it is finite."""

    mark: Mark
    path: Path
    is_finite: bool


class Album:
    """The photographs of a trial, the one to be scored last.

    Args:
        folder: where they are kept.
        earlier: where an earlier attempt kept its own, if there was one.
    """

    def __init__(self, folder: Path, earlier: Path | None = None) -> None:
        self._folder = folder
        self._earlier = earlier
        self._seals: dict[str, str] = {}  # by the name of the file
        self.snapshots: list[Snapshot] = []

    def take(self, model: Any, mark: Mark, name: str) -> None:
        """Add a photograph; it takes the place of one at the same fraction of the budget."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        path.unlink(missing_ok=True)  # what is there may be an earlier attempt's too
        self._seals.pop(name, None)
        kept = [each for each in self.snapshots if each.mark.fraction != mark.fraction]
        self.snapshots = [*kept, Snapshot(mark, path, photograph(model, path))]

    def state_dict(self) -> list[dict[str, Any]]:
        """Name the photographs, for a checkpoint; once this returns their files survive a crash."""
        names = [each.path.name for each in self.snapshots]
        self._seals = {name: self._seals.get(name) or seal(self._folder / name) for name in names}
        return [
            {
                "mark": each.mark.model_dump(),
                "name": each.path.name,
                "sha256": self._seals[each.path.name],
                "is_finite": each.is_finite,
            }
            for each in self.snapshots
        ]

    def load_state_dict(self, state: list[dict[str, Any]]) -> None:
        """Hold the photographs of an earlier attempt, and no others.

        Raises:
            CheckpointError: one of them is missing or damaged.
        """
        self.take_over(state)
        self._seals = {each["name"]: each["sha256"] for each in state}
        self.snapshots = [
            Snapshot(Mark.model_validate(each["mark"]), self._folder / each["name"], each["is_finite"])
            for each in state
        ]

    def take_over(self, state: list[dict[str, Any]]) -> None:
        """Bring the files of an earlier attempt's photographs into the folder.

        Raises:
            CheckpointError: one of them is missing or damaged.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for each in state:
            own, theirs = self._folder / each["name"], (self._earlier or self._folder) / each["name"]
            if own.exists() and seal(own) == each["sha256"]:
                continue
            if not theirs.exists() or seal(theirs) != each["sha256"]:
                raise CheckpointError(f"{theirs}: missing or changed, and the checkpoint needs it")
            own.unlink(missing_ok=True)
            _link(theirs, own)


def seal(path: Path) -> str:
    """Bring a file to the disk for good; return the sha256 of its bytes."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def photograph(model: Any, path: Path) -> bool:
    """Write the state of `model` to `path`; return whether all its floating-point values are finite."""
    state = model.state_dict()
    with path.open("wb") as file:
        save(state, file)
    return all(bool(value.isfinite().all()) for _, value in tensors(state) if value.is_floating_point())


def restore(model: Any, path: Path, device: torch.device) -> None:
    """Load a photograph into a freshly built model."""
    model.load_state_dict(torch.load(path, map_location=device, weights_only=True))


def digest(path: Path) -> str:
    """Return the sha256 over the values of a photograph, in the order of their names."""
    return digest_of(torch.load(path, map_location="cpu", weights_only=True))


def digest_of(state: Any) -> str:
    """Return the sha256 over the values of a state, in the order of their names."""
    total = hashlib.sha256()
    for name, value in tensors(state):
        total.update(name.encode())
        total.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def _link(path: Path, name: Path) -> None:
    try:
        os.link(path, name)
    except OSError:  # a file system without links
        shutil.copyfile(path, name)


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
