"""A training that is kept at its middle on disk, and another that goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench.checkpoint_file import read, write
from genbench.generators import generators, set_generators

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import torch

    from genbench.stream import Keepable, Stream


class Halfway:
    """Keeps the first training that it follows, once, and gives that to the second.

    Args:
        path: of the checkpoint.
        device: whose generator is kept beside the CPU's.
    """

    def __init__(self, path: Path, device: torch.device) -> None:
        self._path = path
        self._device = device
        self.was_kept = False
        self.was_restored = False

    def follow(self, model: Any, stream: Stream) -> None:
        """Keep, or restore, this model and its stream from now on."""
        self._model, self._stream = model, stream
        self._is_second = self.was_kept

    def is_due(self) -> bool:
        """Return that it is never time to save but at marks."""
        return False

    def save(self, kept: Mapping[str, Keepable], seconds: float) -> None:
        """Write everything to disk, at the first mark of the first training.

        Raises:
            CheckpointError: something cannot be read back without running code.
        """
        if self.was_kept:
            return
        states = {name: each.state_dict() for name, each in kept.items()}
        write(
            self._path,
            {
                "model": self._model.state_dict(),
                "kept": states,
                "noise": generators(self._device),
                "stream": self._stream.state_dict(),
            },
        )
        self.was_kept = True

    def holds(self, asked: Collection[str]) -> bool:
        """Return whether this is the second training."""
        return self._is_second

    def restore(self, kept: Mapping[str, Keepable], asked: Collection[str]) -> float:
        """Put everything back that is asked for so far."""
        content = read(self._path)
        self._model.load_state_dict(content["model"])
        for name in kept:
            kept[name].load_state_dict(content["kept"][name])
        set_generators(content["noise"], self._device)
        self._stream.load_state_dict(content["stream"])
        self.was_restored = set(kept) == set(content["kept"])
        return 0.0
