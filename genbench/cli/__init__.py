"""The command line: parse, call, print. What a command needs is imported when it runs, so that help answers at once."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module

import click

from genbench.errors import GenbenchError, HarnessFault, StorageFault, UnknownName
from genbench.escaping import plain_lines

COMMANDS = {  # with what the list of them says, so that listing them imports none
    "run": "Train models under one budget; print three tables.",
    "runs": "List runs: finished, running, unfinished, damaged.",
    "tune": "Tune all models alike, then run the chosen ones.",
    "baseline": "Record what a study does, for `check` to judge by.",
    "check": "Has quality or speed regressed? Exit 0, 1 or 3.",
    "init-ci": "Write a workflow that checks every pull request.",
    "score": "Measure samples against real rows; train nothing.",
    "test-plugin": "Does a model plugin keep the contract? For authors.",
    "models": "List the installed models.",
    "datasets": "List the installed data sets.",
    "metrics": "List the measures.",
    "table": "Print a run's tables again, in any form.",
    "methods": "Print a run's methods paragraph and BibTeX.",
    "validate": "Are results whole and unaltered?",
    "new": "Write a package with a model of your own.",
    "doctor": "Check this machine, its data, plugins and weights.",
    "cache": "Tell where prepared data are kept, and CI's key.",
}
USAGE, FAULT, INTERRUPTED = 2, 4, 130


class Commands(click.Group):
    """Commands that are modules of this package, each with a function `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; say which one may be meant where there is none."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UnknownName("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"genbench.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genbench")
def group() -> None:
    """Train generative models under identical budgets and compare quality, stability and throughput."""


def main() -> None:
    """Run the command line; a user's mistake is one screen and exit 2, never a traceback; ours is exit 4."""
    try:
        sys.exit(group(standalone_mode=False))  # what a command raises as Exit comes back as its code
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except HarnessFault as error:
        click.echo(plain_lines(f"genbench went wrong, please report this: {error}"), err=True)
        sys.exit(FAULT)
    except StorageFault as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(FAULT)
    except GenbenchError as error:
        click.echo(plain_lines(f"error: {error}"), err=True)
        sys.exit(USAGE)
    except Exception:  # Python's own code is 1, which is a regression's
        traceback.print_exc()
        click.echo("genbench went wrong, please report this with the lines above", err=True)
        sys.exit(FAULT)
