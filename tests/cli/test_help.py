"""What `--help` shows, of every command."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from genbench.cli import group

if TYPE_CHECKING:
    from collections.abc import Iterator


def _commands(
    command: click.Command = group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _commands(command.get_command(click.Context(command), name), (*path, name))


COMMANDS = dict(_commands())


def _examples(path: tuple[str, ...]) -> list[str]:
    return [line.strip() for line in COMMANDS[path].help.splitlines() if line.strip().startswith("genbench ")]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_examples_stand_on_lines_of_their_own(path) -> None:
    r"""Kills: `\b` in a raw docstring, which is shown and wraps the examples into one paragraph; a forgotten `\b`."""
    shown = CliRunner().invoke(group, [*path, "--help"], terminal_width=80, prog_name="genbench")
    assert shown.exit_code == 0
    assert "\\" not in shown.output and "\b" not in shown.output
    assert set(_examples(path)) <= {line.strip() for line in shown.output.splitlines()}


def test_what_a_newcomer_begins_with_has_examples() -> None:
    """Kills: examples that are not looked for, so that the test above says nothing."""
    assert {path for path in COMMANDS if _examples(path)} >= {
        ("run",),
        ("baseline",),
        ("check",),
        ("score",),
        ("table",),
    }


def test_the_list_of_commands_is_whole_and_imports_none_of_them() -> None:
    """Kills: seconds for a list, since each command is imported to be listed; a line that is cut off at 80 columns."""
    shown = CliRunner().invoke(group, ["--help"], terminal_width=80, prog_name="genbench").output
    lines = shown.partition("Commands:")[2].strip().splitlines()
    assert [line.split()[0] for line in lines] == group.list_commands(click.Context(group))
    code = """
import sys
from genbench import cli
sys.argv = ["genbench", "--help"]
try:
    cli.main()
except SystemExit:
    print(sorted(name for name in sys.modules if name.startswith("genbench.cli.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
