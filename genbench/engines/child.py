"""The inside of a worker: a session of its own, output into a pipe, one function, one result."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from genbench.engines import family, frames
from genbench.engines.call import WORKER
from genbench.errors import GenbenchError, UsageError
from genbench.forks import end_if_forked
from genbench.status import DISK, UNSENT, is_of_disk

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from genbench.engines.order import Ends, Order

FUNCTIONS = {
    "environment": "genbench.environment:survey",
    "inspect": "genbench.inspection:inspect_model",
    "inspect_observer": "genbench.inspection:inspect_observer",
    "configure": "genbench.tuning.configuring:main",
    "prepare": "genbench.preparation:prepare_data",
    "trial": "genbench.trial:main",
    "probe": "genbench.probe:main",
    "score": "genbench.scoring:main",
    "judge": "genbench.judging:main",
    "extract": "genbench.judging:extract_main",
    "reference": "genbench.judging:reference_main",
    "pair": "genbench.check.arm_pair:pair",
    "conform": "genbench.testing.suite:main",
}
HIGH = 100  # the lowest descriptor for what must outlive a plugin that closes or redirects 0, 1 and 2


def main(order: Order, ends: Ends, beat: Any) -> NoReturn:
    """Run one of `FUNCTIONS` and send what it returns; an error on purpose is sent too. The process ends here.

    Threads and children that the function left are not waited for: they would hold up the next call.
    """
    code, own = 1, os.getpid()
    try:
        _prepare(order, ends, beat)
        answer = _answer(order, beat)
        end_if_forked(own)
        _flush()
        code = _send(ends, answer)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(code & 0xFF)


def _prepare(order: Order, ends: Ends, beat: Any) -> None:
    if hasattr(os, "setsid"):
        os.setsid()  # and lead a process group, so that all of it can be killed
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.environ.update(order.environment | {family.TOKEN: order.token})
    _redirect(ends.output)
    _show_stacks(ends.stacks)
    _limit_memory(order.memory)
    _limit_threads(order.threads)
    gc.freeze()  # what was preloaded is never garbage: collections stay short, and its pages shared
    beat[WORKER] = os.getpid()  # last: from now on the group may be signalled, and SIGUSR2 is understood


def _answer(order: Order, beat: Any) -> dict[str, Any]:
    module, _, name = FUNCTIONS[order.function].partition(":")
    try:
        return {"result": getattr(importlib.import_module(module), name)(order.payload, beat)}
    except GenbenchError as error:
        return {"error": str(error), "status": "USAGE" if isinstance(error, UsageError) else "FAULT"}
    except OSError as error:
        if not is_of_disk(error):
            raise
        return {"error": str(error), "status": DISK}


def _send(ends: Ends, answer: dict[str, Any]) -> int:
    """Send what the function returned; return the code with which to leave."""
    try:
        frames.send(ends.result, answer)
    except OSError:  # a plugin has closed what it had not opened, and left nowhere to say so
        return UNSENT
    return 0


def _redirect(output: Connection) -> None:
    """Let 1 and 2 lead into the pipe, and Python's own streams too, wherever a plugin lets 1 and 2 lead.

    They go line by line: what is in a buffer is lost with the process.
    """
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    os.close(nothing)
    number = _raised(output)
    sys.stdout, sys.stderr = (
        open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        for _ in range(2)
    )


def _show_stacks(stacks: Connection) -> None:
    """Write every thread's stack when the process crashes, and when the supervisor asks; the GIL is not needed."""
    number = _raised(stacks)
    faulthandler.enable(file=number, all_threads=True)
    faulthandler.register(signal.SIGUSR2, file=number, all_threads=True, chain=False)


def _raised(end: Connection) -> int:
    """Move a pipe to a descriptor that nobody closes by mistake."""
    import fcntl

    number = fcntl.fcntl(end.fileno(), fcntl.F_DUPFD_CLOEXEC, HIGH)
    end.close()
    return number


def _limit_memory(cap: int | None) -> None:
    """Let one huge allocation fail where it is made, and not take the machine down before the supervisor looks."""
    if cap is None or sys.platform != "linux":
        return
    import resource

    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmData"))
    born_with = 1024 * int(line.split()[1])
    resource.setrlimit(resource.RLIMIT_DATA, (born_with + cap, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _limit_threads(threads: int) -> None:
    """Set what libraries read from the environment when they were loaded, perhaps for an engine with other threads."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def _flush() -> None:
    """Flush what is printed, wherever a plugin has let it go."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
