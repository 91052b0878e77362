"""The names of failures: from an exception, or from how a process ended."""

from __future__ import annotations

import errno
import signal

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

OK = "OK"
INTERRUPTED, LOST = "INTERRUPTED", "LOST"  # not the last word on a trial
DISK = "DISK"  # nothing can be written: the whole run stops
SKIPPED = "SKIPPED"  # after the model had failed the same way several times
OOM_HOST, OOM_DEVICE = "OOM(host)", "OOM(device)"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
BLAME = {
    "begin": "build",
    "build": "build",
    "train": "train",
    "sample": "sample",
    "log_likelihood": "sample",
    "reconstruct": "sample",
}


def status_of(error: BaseException) -> tuple[str, str]:
    """Return the status and the message of what was raised in a plugin's process."""
    message = plain_lines(str(error)) or type(error).__name__  # a plugin's words, of any length
    if isinstance(error, Interrupted):
        return INTERRUPTED, message
    if _is_out_of_memory(error) or _is_out_of_memory(error.__cause__):
        return OOM_HOST, message
    if type(error).__name__ == "OutOfMemoryError":  # torch's, by name: what names failures does not load torch
        return OOM_DEVICE, message
    for each in (error, error.__cause__):
        if is_of_disk(each):
            return DISK, str(each)  # whoever wrote: a full disk is nobody's fault
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
    return "NO_RESULT", f"the process exited with {code} without a result"
