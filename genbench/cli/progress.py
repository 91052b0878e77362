"""Tell the user what goes on: a bar in a terminal, plain lines elsewhere, nothing when asked; always on stderr."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from genbench.escaping import plain, plain_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from genbench.reporter import Reporter


class Silent:
    """Say nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def expect(self, pieces: int) -> None:
        """Say nothing."""

    def done(self, what: str, status: str) -> None:
        """Say nothing."""


class Lines:
    """Say each thing on a line of its own, for logs."""

    def __init__(self) -> None:
        self._pieces = self._count = 0
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Write a line."""
        click.echo(plain_lines(text), err=True)

    def expect(self, pieces: int) -> None:
        """Remember how many there are."""
        self._pieces += pieces

    def done(self, what: str, status: str) -> None:
        """Write a line."""
        self._count += 1
        spent = f"{time.monotonic() - self._started:5.1f} s"
        click.echo(f"[{self._count}/{self._pieces}] {spent}  {plain(what)}: {plain(status)}", err=True)


class Bar:
    """Move a bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("looking at models and data", total=None)

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        self._progress.console.print(plain_lines(text), markup=False, highlight=False)

    def expect(self, pieces: int) -> None:
        """Learn the bar's length."""
        self._progress.update(self._bar, total=pieces, description="training")

    def done(self, what: str, status: str) -> None:
        """Move on; say what failed."""
        from rich.markup import escape

        self._progress.update(self._bar, advance=1, description=escape(plain(what)))
        if status != "OK":
            self.say(f"{what}: {status}")


class Steadfast:
    """Tell another, and go on where nobody listens any more: the terminal was closed, the pipe was left."""

    def __init__(self, other: Reporter) -> None:
        self._other = other

    def say(self, text: str) -> None:
        """Say it, if it can be said."""
        with suppress(OSError):
            self._other.say(text)

    def expect(self, pieces: int) -> None:
        """Pass it on."""
        with suppress(OSError):
            self._other.expect(pieces)

    def done(self, what: str, status: str) -> None:
        """Say it, if it can be said."""
        with suppress(OSError):
            self._other.done(what, status)


@contextmanager
def reporter(*, is_quiet: bool) -> Iterator[Reporter]:
    """Choose how to tell."""
    if is_quiet:
        yield Silent()
    elif not sys.stderr.isatty():
        yield Steadfast(Lines())
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield Steadfast(Bar(progress))
