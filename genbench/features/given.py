"""Weights from the user's own files: which file a space asks for, reading it without running it, checking it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.data.reading import read_npz, refusal, sniff
from genbench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import torch

    State = dict[str, torch.Tensor]
    Shapes = Mapping[str, tuple[int, ...]]

SHOWN = 3  # problems of a file that are told; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The file that a space needs from the user."""

    features: str  # the space, as in --features-weights
    network: str
    files: tuple[str, ...]  # the names under which the file is published
    prefix: str = ""  # of its sha256, where that is published

    @property
    def advice(self) -> str:
        """Return what to do, in words."""
        known = " or ".join(self.files) + (f" (sha256 {self.prefix}...)" if self.prefix else "")
        return f"get {known} and pass --features-weights {self.features}=FILE; genbench downloads nothing"

    def check(self, path: Path | None) -> Path:
        """Return the path of the file.

        Raises:
            UsageError: none was given, or there is no such file.
        """
        if path is None:
            raise UsageError(
                f"--features {self.features}: expected a file with the weights of {self.network}; {self.advice}"
            )
        if not path.is_file():
            raise UsageError(f"--features-weights {self.features}={path}: found no file there; {self.advice}")
        return path

    def read(self, path: Path | None) -> State:
        """Return the arrays of a .pth, .npz or .safetensors file by name; no code in it is run.

        Raises:
            UsageError: there is no file, or it holds something else than arrays by name.
        """
        found = self.check(path)
        try:
            return _READERS.get(found.suffix, _read_torch)(found, self.advice)
        except UsageError:
            raise
        except Exception as error:  # pickle, zipfile and torch each raise several types on damaged bytes
            raise self.refuse(found, f"{sniff(found)}; {_trouble(error)}") from error

    def refuse(self, path: Path, found: str) -> DataError:
        """Return the error for a file that holds something else."""
        return refusal(path, expected=f"the weights of {self.network}", found=found, advice=self.advice)

    def fitted(self, path: Path, state: State, shapes: Shapes) -> State:
        """Return the arrays called as in `shapes`, in float32.

        Raises:
            DataError: names are missing or unknown, shapes differ or numbers are not finite; the first ones are named.
        """
        problems = list(_problems(state, shapes))
        if problems:
            rest = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
            raise self.refuse(path, "; ".join(problems[:SHOWN]) + rest)
        return {name: state[name].float().contiguous() for name in sorted(shapes)}


def digest(recipe: str, state: State) -> str:
    """Return a sha256 over a recipe and every array's name, shape and float32 bytes: the same for any file format."""
    total = hashlib.sha256(recipe.encode())
    for name, array in sorted(state.items()):
        total.update(f"\n{name} {list(array.shape)} ".encode())
        total.update(array.numpy().astype("<f4", copy=False).data)
    return total.hexdigest()


def _problems(state: State, shapes: Shapes) -> list[str]:
    """Return what is wrong with each array, in the order of the network."""
    problems = []
    for name, shape in shapes.items():
        array = state.get(name)
        if array is None:
            problems.append(f"{name} is missing")
        elif tuple(array.shape) != shape:
            problems.append(f"{name} is {list(array.shape)}, not {list(shape)}")
        elif not array.isfinite().all():
            problems.append(f"{name} holds NaN or infinity")
    return problems + [f"{name} has no place in it" for name in sorted(state.keys() - shapes.keys())]


def _trouble(error: Exception) -> str:
    """Return what went wrong; torch's own words on a refused pickle advise to run what is in it."""
    if type(error).__name__ == "UnpicklingError":
        return "no tensors that can be read without running code"
    return f"reading it ends with: {(str(error) or type(error).__name__).splitlines()[0]}"


def _read_torch(path: Path, advice: str) -> State:
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        found = f"{type(state).__name__} that holds other things than tensors"
        raise refusal(path, expected="tensors by name, as `state_dict` gives them", found=found, advice=advice)
    return state


def _read_npz(path: Path, advice: str) -> State:
    import torch

    return {name: torch.from_numpy(array) for name, array in read_npz(path, advice).items()}


def _read_safetensors(path: Path, advice: str) -> State:
    try:
        from safetensors.torch import load_file
    except ImportError:
        raise UsageError(f"{path}: to read it, install safetensors; or save the weights as .pth or .npz") from None
    return load_file(path)


_READERS: dict[str, Callable[[Path, str], State]] = {".npz": _read_npz, ".safetensors": _read_safetensors}
