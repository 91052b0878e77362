"""The names of failures: from an exception, or from how a process ended."""

from __future__ import annotations

import signal

from genbench.errors import ContractError, HookError, InvalidOutput, PluginError, PluginImportError

OK = "OK"
BLAME = {"build": "build", "train": "train", "sample": "sample", "log_likelihood": "sample", "reconstruct": "sample"}


def status_of(error: BaseException) -> tuple[str, str]:
    """Return the status and the message of what was raised in a plugin's process."""
    message = str(error) or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "OOM", message
    if isinstance(error, PluginImportError):
        return "FAILED(import)", message
    if isinstance(error, InvalidOutput):
        return "INVALID_OUTPUT", message
    if isinstance(error, HookError):
        return f"FAILED({BLAME.get(error.hook or '', 'contract')})", message
    if isinstance(error, ContractError | PluginError):
        return "FAILED(contract)", message
    return "FAILED(harness)", f"{type(error).__name__}: {message}"


def status_of_exit(code: int) -> tuple[str, str]:
    """Return the status of a process that ended without telling anything."""
    if code < 0:
        known = {each.value: each.name for each in signal.Signals}
        name = known.get(-code, f"signal {-code}")
        return f"CRASHED({name})", f"the process was killed by {name}"
    return "NO_RESULT", f"the process exited with {code} without a result"
