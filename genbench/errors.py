"""Every error that genbench raises on purpose.

GenbenchError
├── UsageError              the user's mistake, exit 2: nothing was run
│   ├── SpecError             a bad flag or study file: all its problems at once
│   ├── UnknownName           no such model, data set, metric: with "did you mean"
│   ├── DataError             a data set that is missing, damaged or too small
│   ├── ResultsError          a results folder that is missing, damaged or of another schema
│   └── BaselineError         a baseline that is damaged, unfit or not comparable: all its problems at once
├── PluginError             a plugin's mistake: names distribution, entry point and hook
│   ├── PluginImportError     it could not be imported
│   ├── ContractError         it does not keep the contract of hookspecs.py
│   ├── HookError             it raised while a hook ran
│   ├── PluginExit            it called sys.exit while a hook ran
│   └── InvalidOutput         a hook returned what cannot be used
├── CaptureError            a training step that cannot be a CUDA graph
├── CheckpointError         a checkpoint that is damaged, of another trial, or cannot be written
├── StorageFault            nothing more can be written, exit 4: what was published is safe
└── HarnessFault            our own mistake, exit 4

Interrupted               no error: an attempt that ends here so that another goes on
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class GenbenchError(Exception):
    """Base of every error raised on purpose."""


class UsageError(GenbenchError):
    """The user asked for something that cannot be done; nothing was run."""


class SpecError(UsageError):
    """A flag or study file is wrong; `problems` holds every one that was found."""

    def __init__(self, problems: Sequence[str], source: str = "the command line") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__(_listed(self.problems, source))


class UnknownName(UsageError):
    """A name that nothing installed answers to."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        known = sorted(set(known))
        close = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
        close.sort(key=lambda each: sorted(each) != sorted(name))  # letters out of order are the likeliest slip
        hint = f"did you mean '{close[0]}'?" if close else f"installed: {', '.join(known) or 'none'}"
        super().__init__(f"no {what} '{name}'; {hint}")


class DataError(UsageError):
    """A data set is missing, damaged or too small for what was asked."""


class ResultsError(UsageError):
    """A results folder is missing, damaged or of another schema."""


class BaselineError(UsageError):
    """A baseline cannot be made, read or compared with; `problems` holds every reason that was found."""

    def __init__(self, problems: Sequence[str], source: str) -> None:
        self.problems = tuple(problems)
        super().__init__(_listed(self.problems, source))


class PluginError(GenbenchError):
    """A plugin's mistake. `culprit` reads `genbench-foo 0.2 [foo]`, `hook` names the function where there is one."""

    def __init__(self, message: str, *, culprit: str, hook: str | None = None) -> None:
        self.culprit = culprit
        self.hook = hook
        self.reason = message
        super().__init__(f"{culprit}{f' {hook}' if hook else ''}: {message}")


class PluginImportError(PluginError):
    """The plugin's module could not be imported."""


class ContractError(PluginError):
    """The plugin does not keep the contract of `genbench/hookspecs.py`."""


class HookError(PluginError):
    """The plugin raised while one of its hooks ran."""


class PluginExit(PluginError):
    """The plugin called sys.exit while one of its hooks ran, in whatever thread: nothing came of it."""


class InvalidOutput(PluginError):
    """A hook returned something of the wrong type, shape, device or range."""


class CaptureError(GenbenchError):
    """A training step cannot be captured as a CUDA graph, or no longer does what was captured."""


class CheckpointError(GenbenchError):
    """A checkpoint is damaged, belongs to another trial, or cannot be written."""


class StorageFault(GenbenchError):
    """A disk is full, broken or gone; what was published before is safe."""


class HarnessFault(GenbenchError):
    """genbench itself went wrong; please report it."""


class Interrupted(BaseException):
    """A run or an attempt ends before it is done; another may go on. No Exception, so that no plugin swallows it."""


def _listed(problems: Sequence[str], source: str) -> str:
    lines = [f"{len(problems)} problem{'s' * (len(problems) > 1)} in {source}:"]
    return "\n".join(lines + [f"  - {problem}" for problem in problems])
