"""`genbench new`: a third party's package with a model that trains as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, get_args

import click

from genbench.hookspecs import Kind
from genbench.templates import Template


@click.command("new")
@click.argument("name")
@click.option("--kind", type=click.Choice(get_args(Kind)), default="image", show_default=True, help="Of data.")
@click.option(
    "--template", type=click.Choice(get_args(Template)), default="latent", show_default=True, help="To begin with."
)
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where its folder goes.  [here]"
)
def command(name: str, into: Path, **choices: Any) -> None:
    """Write an installable package, genbench-NAME, with a model, a test of its contract and a CI file.

    latent: an encoder and a decoder. adversarial: a generator and a critic. blank: the three functions, and the
    smallest thing that works.

    \b
    genbench new my_model
    genbench new my_model --kind points --template blank --into ~/models
    """
    from genbench.templates import next_steps, write

    folder = write(name, into=into, **choices)
    click.echo(f"{folder}: the model is {Path(f'genbench_{name}') / f'{name}.py'}. Next:\n")
    for line in (f"cd {shlex.quote(str(folder))}", *next_steps(folder)):
        click.echo(f"  {line}")
