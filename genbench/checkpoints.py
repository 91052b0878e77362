"""Checkpoints: a training saved between two hand-outs, from which a later attempt goes on bit for bit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

from genbench.checkpoint_file import read, write
from genbench.errors import CheckpointError, Interrupted
from genbench.generators import generators, set_generators

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from genbench.messages import Job
    from genbench.snapshots import Album
    from genbench.stream import Keepable

FILE = "checkpoint.pt"
EVERY = 120.0  # seconds of wall time between two checkpoints, marks apart, or
RARELY = 50  # times what the last one took, where that is longer


class Checkpoints:
    """Save one attempt's training, and go on from an earlier attempt's.

    What an earlier attempt left is checked and taken over first; nothing is applied before `restore`.

    Args:
        job: names the trial, the attempt's folder and the earlier attempt's.
        album: takes over the photographs that the earlier attempt took.
        device: whose generator is saved beside the CPU's.
    """

    def __init__(self, job: Job, album: Album, device: torch.device) -> None:
        self._path = job.folder / FILE
        self._trial = job.trial.id
        self._device = device
        self._album = album
        self._earlier = job.earlier
        self._found: frozenset[str] | None = None  # names in the earlier attempt's checkpoint
        self._missing: frozenset[str] = frozenset()  # those not asked for again yet, once it was restored
        self._next = time.monotonic() + EVERY
        self._warnings: dict[str, None] = {}
        self.is_restored = False
        self.continued = 0  # hand-outs that need not be done again
        self.saved_at: int | None = None  # hand-outs in the checkpoint, where there is one

    def take_over(self) -> None:
        """Bring what an earlier attempt left into one's own folder; where it is damaged, say so and start anew."""
        if self._earlier is None or not (self._earlier / FILE).exists():
            return
        try:
            content = self._checked(self._earlier / FILE)
            self._album.take_over(content["parts"]["album"])
            (self._earlier / FILE).replace(self._path)
        except (CheckpointError, OSError) as error:
            self._warn(f"{self._lost} and its checkpoint cannot be used, started anew: {error}")
            return
        self._found = frozenset(content["kept"])
        self.saved_at = content["parts"]["stream"]["handed"]

    def follow(self, model: Any, **parts: Any) -> None:
        """Save and restore `model` and, in this order, `parts`; one of them is the `stream`."""
        self._model = model
        self._parts = {**parts, "album": self._album}

    def is_due(self) -> bool:
        """Whether it is time to save, marks apart."""
        return time.monotonic() >= self._next

    def save(self, kept: Mapping[str, Keepable], seconds: float) -> None:
        """Replace the checkpoint; where that fails the former one stays, and the training goes on."""
        if self._missing:
            return  # more is in the checkpoint than was asked for so far
        started = time.monotonic()
        try:
            write(self._path, self._content(kept) | {"seconds": seconds})
            self.saved_at = self._parts["stream"].handed
        except (CheckpointError, OSError) as error:
            self._warn(f"a checkpoint could not be written: {error}")
        now = time.monotonic()
        self._next = now + max(EVERY, RARELY * (now - started))

    def holds(self, asked: Collection[str]) -> bool:
        """Whether `restore` has something to do once `asked` are kept."""
        return self._found is not None and (not self.is_restored or not self._missing.isdisjoint(asked))

    def restore(self, kept: Mapping[str, Keepable], asked: Collection[str]) -> float | None:
        """Restore everything, and return the seconds that had been charged; None where it is of another training.

        Where `keep` is called several times, each call restores everything again: all that the calls before it did,
        and all that was drawn since, is in the checkpoint.

        Raises:
            Interrupted: it went wrong half-way; the checkpoint is deleted, and the next attempt starts anew.
        """
        assert self._found is not None
        if not self._found.issuperset(asked):
            self._refuse(f"it keeps {_list(self._found)}, batches.keep was called with {_list(asked)}")
            return None
        try:
            seconds = self._apply(read(self._path), kept)
        except Exception as error:
            raise self._abandon(f"{type(error).__name__}: {error}") from error
        self._missing = self._found.difference(kept)
        self.is_restored = True
        self.continued = self._parts["stream"].handed
        return seconds

    def finish(self) -> None:
        """Check, once `train` has returned, that all was asked for.

        Raises:
            Interrupted: a part of the checkpoint was not; it is deleted, and the next attempt starts anew.
        """
        if self._missing:
            raise self._abandon(f"batches.keep was not called with {_list(self._missing)} again")

    def delete(self) -> None:
        """Delete the checkpoint, there being nothing left to go on with."""
        self._path.unlink(missing_ok=True)
        self.saved_at = None

    def outlook(self, handed: int | None, *, is_kept: bool) -> str:
        """Say what was done and where a later attempt goes on."""
        done = "stopped before training" if handed is None else f"stopped after {handed} hand-outs"
        if self.saved_at is not None:
            return f"{done}; goes on {'from there' if self.saved_at == handed else f'after {self.saved_at} hand-outs'}"
        if handed is None:
            return f"{done}; starts anew"
        return f"{done}; starts anew: {'there is no checkpoint' if is_kept else 'batches.keep was not called'}"

    def remarks(self, *, is_kept: bool) -> tuple[str, ...]:
        """Say what went wrong with checkpoints, and why nothing was gone on from where there was an earlier attempt."""
        if self._earlier is not None and self._found is None and not self._warnings:
            reason = "started anew" if is_kept else "started anew, the model keeps nothing (batches.keep)"
            self._warn(f"{self._lost} before its first checkpoint: {reason}" if is_kept else f"{self._lost}: {reason}")
        return tuple(self._warnings)

    def _checked(self, path: Path) -> dict[str, Any]:
        content = read(path, "cpu")
        for name, expected in (("trial", self._trial), ("torch", str(torch.__version__))):
            if content[name] != expected:
                raise CheckpointError(f"{path}: of {name} {content[name]}, expected {expected}")
        return content

    def _content(self, kept: Mapping[str, Keepable]) -> dict[str, Any]:
        return {
            "trial": self._trial,
            "torch": str(torch.__version__),
            "model": self._model.state_dict(),
            "gradients": _gradients(self._model),
            "kept": {name: each.state_dict() for name, each in kept.items()},
            "parts": {name: part.state_dict() for name, part in self._parts.items()},
            "generators": generators(self._device),
        }

    def _apply(self, content: dict[str, Any], kept: Mapping[str, Keepable]) -> float:
        self._model.load_state_dict(content["model"])
        _set_gradients(self._model, content["gradients"])
        for name, state in content["kept"].items():
            if name in kept:
                kept[name].load_state_dict(state)
        for name, part in self._parts.items():
            part.load_state_dict(content["parts"][name])
        set_generators(content["generators"], self._device)
        return float(content["seconds"])

    def _refuse(self, reason: str) -> None:
        """Leave the checkpoint alone and start anew; too late for that where some of it has been applied."""
        if self.is_restored:
            raise self._abandon(reason)
        self._found = None
        self.delete()
        self._warn(f"{self._lost} and its checkpoint cannot be used, started anew: {reason}")

    def _abandon(self, reason: str) -> Interrupted:
        self.delete()
        return Interrupted(f"the checkpoint could not be restored ({reason}); it was deleted, to start anew")

    def _warn(self, text: str) -> None:
        self._warnings[text] = None

    @property
    def _lost(self) -> str:
        assert self._earlier is not None
        return f"{self._earlier.name.replace('-', ' ')} was lost"


def _gradients(model: Any) -> dict[str, torch.Tensor]:
    """Return gradients by parameter: they are state too where several hand-outs make one step."""
    return {name: parameter.grad for name, parameter in _leaves(model) if parameter.grad is not None}


def _set_gradients(model: Any, gradients: dict[str, torch.Tensor]) -> None:
    for name, parameter in _leaves(model):
        parameter.grad = gradients.get(name)


def _leaves(model: Any) -> list[tuple[str, torch.nn.Parameter]]:
    """Return the parameters that can have a gradient; one that was changed within a graph is a leaf no longer."""
    named = model.named_parameters() if isinstance(model, torch.nn.Module) else ()
    return [(name, parameter) for name, parameter in named if parameter.is_leaf]


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
