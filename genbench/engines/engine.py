"""The seam at which engines are exchanged: a call in, its end out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.engines.call import Call, Ended


class Engine(Protocol):
    """Runs calls somewhere, each in a fresh process.

    A call is run *at least once*: an engine that loses sight of one may run it again, or end it as `LOST` where it
    cannot know. Its `done` is told exactly once, unless `drain` is left by an exception. That a record is published
    at most once is the store's affair, and no engine's.
    """

    workers: int  # calls side by side

    def submit(self, call: Call, done: Callable[[Ended], None], *, first: bool = False) -> None:
        """Queue a call; `done` is told how it ended, and may submit more. `first` puts it before what waits."""

    def submit_later(
        self,
        make: Callable[[], Call | None],
        done: Callable[[Ended], None],
        *,
        alone: bool = False,
        needs_device: bool = False,
        device_bytes: int | None = None,
    ) -> None:
        """Queue a call that is made only when its turn has come; None is nothing to do, and `done` is not told."""

    def drain(self) -> None:
        """Run until nothing waits or runs.

        Raises:
            Interrupted: the engine was asked to stop, and has stopped.
        """

    def call(self, call: Call) -> Ended:
        """Run one call to its end, before what waits."""

    def busy_share(self) -> float:
        """Return the share of the workers' time, since the first call began, in which they had one."""

    @property
    def was_oversubscribed(self) -> bool:
        """Whether the workers had more threads than the machine has cores."""
