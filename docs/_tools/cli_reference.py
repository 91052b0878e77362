"""Write docs/reference/cli.md from the commands themselves: python docs/_tools/cli_reference.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genbench.cli import COMMANDS, group

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "reference" / "cli.md"
WIDTH = 100
HEAD = """\
# The command line

Written by `docs/_tools/cli_reference.py` from the commands themselves; a test holds the two together. Exit codes: 0 all
is well, 1 some trials failed, or a regression, 2 the command cannot be run as it stands, 3 inconclusive, 4 a fault of
genbench, 130 and 143 interrupted.
"""


def page() -> str:
    """Return the whole page."""
    root = click.Context(group, info_name="genbench", terminal_width=WIDTH, **group.context_settings)
    sections = [_section(root)]
    for name in COMMANDS:
        command = group.get_command(root, name)
        assert command is not None
        sections += _sections(click.Context(command, parent=root, info_name=name, terminal_width=WIDTH))
    return "\n".join([HEAD, *sections])


def _sections(context: click.Context) -> Iterator[str]:
    yield _section(context)
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _sections(click.Context(below, parent=context, info_name=name, terminal_width=WIDTH))


def _section(context: click.Context) -> str:
    said = "\n".join(line.rstrip() for line in context.command.get_help(context).splitlines())
    return f"## {context.command_path}\n\n<!-- generated: docs/_tools/cli_reference.py -->\n```text\n{said}\n```\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
