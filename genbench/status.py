"""The names of failures: from an exception, or from how a process ended."""

from __future__ import annotations

import errno
import signal
from typing import TYPE_CHECKING

from genbench.disk import has_room
from genbench.errors import (
    ContractError,
    HookError,
    Interrupted,
    InvalidOutput,
    PluginError,
    PluginExit,
    PluginImportError,
)
from genbench.escaping import plain_lines

if TYPE_CHECKING:
    from pathlib import Path

OK = "OK"
INTERRUPTED, LOST = "INTERRUPTED", "LOST"  # not the last word on a trial
DISK = "DISK"  # nothing can be written: the whole run stops
SKIPPED = "SKIPPED"  # after the model had failed the same way several times
OOM_HOST, OOM_DEVICE = "OOM(host)", "OOM(device)"
UNSENT = 74  # the exit code of a process whose pipe is gone: an error of input or output, as sysexits.h has it
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
BLAME = {
    "begin": "build",
    "build": "build",
    "train": "train",
    "sample": "sample",
    "log_likelihood": "sample",
    "reconstruct": "sample",
}


def status_of(error: BaseException, folder: Path | None = None) -> tuple[str, str]:
    """Return the status and the message of what was raised in a plugin's process.

    Args:
        error: what was raised.
        folder: of the attempt; where there is room in it, the disk that a hook found full is the plugin's own trouble,
            and no reason to stop the run.
    """
    message = plain_lines(str(error)) or type(error).__name__  # a plugin's words, of any length
    if isinstance(error, Interrupted):
        return INTERRUPTED, message
    if _is_out_of_memory(error) or _is_out_of_memory(error.__cause__):
        return OOM_HOST, message
    if type(error).__name__ == "OutOfMemoryError":  # torch's, by name: what names failures does not load torch
        return OOM_DEVICE, message
    for each in (error, error.__cause__):
        if is_of_disk(each) and not (isinstance(error, PluginError) and folder is not None and has_room(folder)):
            return DISK, str(each)  # a full disk is nobody's fault
    if isinstance(error, PluginImportError):
        return "FAILED(import)", message
    if isinstance(error, PluginExit):
        return "NO_RESULT", message
    if isinstance(error, InvalidOutput):
        return "INVALID_OUTPUT", message
    if isinstance(error, HookError):
        return f"FAILED({BLAME.get(error.hook or '', 'contract')})", message
    if isinstance(error, ContractError | PluginError):
        return "FAILED(contract)", message
    return "FAILED(harness)", f"{type(error).__name__}: {message}"


def is_of_disk(error: BaseException | None) -> bool:
    """Whether a disk is full or broken; numpy tells how much it could write, but not why it was not all."""
    return isinstance(error, OSError) and (error.errno in FULL or "requested and" in str(error))


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Whether there was no memory: torch raises a RuntimeError of its CPU allocator, which a hook's error wraps."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error))


def status_of_exit(code: int) -> tuple[str, str]:
    """Return the status of a process that ended without telling anything."""
    if code < 0:
        known = {each.value: each.name for each in signal.Signals}
        name = known.get(-code, f"signal {-code}")
        return f"CRASHED({name})", f"the process was killed by {name}"
    if code == UNSENT:
        reason = "it closed descriptors that it had not opened"
        return "NO_RESULT", f"the process had a result and could not send it: {reason}"
    return "NO_RESULT", f"the process exited with {code} without a result"
