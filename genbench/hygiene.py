"""What a hook leaves changed in its process is told and put back, so that nothing after it depends on it.

Photographs, draws and files are the harness's work: they must not be done in another dtype, another folder or under
another mask because a plugin has set one. Seeds are no matter of hygiene: every hook is entered with its own.
"""

from __future__ import annotations

import locale
import os
import signal
import sys
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.errors import PluginError
from genbench.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# torch's own, which it sets while it works
SET_BY_LIBRARIES = ("TORCH", "_TORCH", "PYTORCH_", "TRITON_", "KMP_", "CUDA_MODULE_LOADING")


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that one process has one of; a mapping is told by the names that differ, never by its values."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object]

    def value(self) -> Any:
        """Return it as it is, None where it cannot be read."""
        try:
            return self.read()
        except Exception:  # a folder that is gone, two of torch's interfaces mixed: it differs from what it was
            return None

    def differs(self, before: Any, now: Any) -> str:
        """Say how."""
        if isinstance(before, dict) and isinstance(now, dict):
            names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
            return f"{self.name} ({', '.join(map(str, names))})"
        return f"{self.name} from {before} to {now}"


class Surroundings:
    """What a process looks like at one moment."""

    def __init__(self) -> None:
        self._values = [(setting, setting.value()) for setting in SETTINGS]
        self._streams = Streams()

    def put_back(self) -> list[str]:
        """Undo what has changed since; return what that was: `changed the umask from 0o22 to 0o777, put back`."""
        told = self._streams.put_back()
        for setting, before in self._values:
            now = setting.value()
            if before is None or now == before:
                continue
            try:
                setting.write(before)
                after = "put back"
            except Exception as error:
                after = f"which could not be put back: {type(error).__name__}: {error}"
            told.append(f"changed {setting.differs(before, now)}, {after}")
        return told


class Umask(int):
    """A mask for the modes of new files, shown as people write it."""

    def __repr__(self) -> str:
        return f"0o{self:o}"

    __str__ = __repr__


def umask() -> Umask:
    """Return the mask for new files; it can only be read by setting it."""
    found = os.umask(0o077)
    os.umask(found)
    return Umask(found)


@contextmanager
def masked(mask: int) -> Iterator[None]:
    """Make files under `mask` inside, whatever a plugin has set."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def print_traceback() -> None:
    """Print the traceback of what is being handled, where there is still a stream to print it to.

    What a hook raised is printed alone: the end of a log is kept, and genbench's own frames would fill it.
    """
    error = sys.exception()
    if isinstance(error, PluginError) and error.__cause__ is not None:
        error = error.__cause__
    with suppress(OSError, ValueError):
        traceback.print_exception(error)


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(SET_BY_LIBRARIES)}


def _set_variables(wanted: dict[str, str]) -> None:
    for name in _variables().keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)


def _handlers() -> dict[str, Any]:
    """Return the handlers of signals that Python knows; what C code has installed it can neither show nor put back."""
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    return {number.name: handler for number, handler in found.items() if handler is not None}


def _set_handlers(wanted: dict[str, Any]) -> None:
    for name, handler in wanted.items():
        if signal.getsignal(number := signal.Signals[name]) != handler:
            signal.signal(number, handler)


def _set_default_device(wanted: torch.device) -> None:
    """Go back to `wanted`; for the CPU by leaving the mode that every creation of a tensor would pass through."""
    torch.set_default_device(None if wanted.type == "cpu" else wanted)


def _autocast(device: str) -> tuple[bool, torch.dtype]:
    return torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)


def _set_autocast(device: str, wanted: tuple[bool, torch.dtype]) -> None:
    torch.set_autocast_enabled(device, wanted[0])
    torch.set_autocast_dtype(device, wanted[1])


def _flag(name: str, owner: Any, attribute: str) -> Setting:
    return Setting(name, lambda: getattr(owner, attribute), lambda value: setattr(owner, attribute, value))


def _autocasting(device: str) -> Setting:
    return Setting(f"torch's autocast on {device}", lambda: _autocast(device), partial(_set_autocast, device))


# Real-time signals mean nothing to anybody here, and reading 64 handlers at each draw takes longer than a draw.
_SIGNALS = tuple(each for each in signal.Signals if each.name not in ("SIGKILL", "SIGSTOP", "SIGRTMIN", "SIGRTMAX"))

SETTINGS = (
    Setting("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
    Setting("torch's default device", torch.get_default_device, _set_default_device),
    Setting("torch's grad mode", torch.is_grad_enabled, torch.set_grad_enabled),
    Setting("torch's deterministic algorithms", torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    Setting("torch's float32 matmul precision", torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    Setting("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
    _flag("torch's cudnn.benchmark", torch.backends.cudnn, "benchmark"),
    _flag("torch's cudnn.deterministic", torch.backends.cudnn, "deterministic"),
    _flag("torch's cudnn.allow_tf32", torch.backends.cudnn, "allow_tf32"),
    _flag("torch's cudnn.enabled", torch.backends.cudnn, "enabled"),
    _autocasting("cpu"),
    _autocasting("cuda"),
    Setting("numpy's handling of errors", np.geterr, lambda wanted: np.seterr(**wanted)),
    Setting("the working folder", Path.cwd, os.chdir),
    Setting("the umask", umask, os.umask),
    Setting("the locale", partial(locale.setlocale, locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
    Setting("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    Setting("environment variables", _variables, _set_variables),
    Setting("handlers of signals", _handlers, _set_handlers),
)
