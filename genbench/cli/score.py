"""`genbench score`: the measures on two arrays or folders, no training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genbench.cli.values import files, names

if TYPE_CHECKING:
    from pathlib import Path


@click.command("score")
@click.argument("real")
@click.argument("fake")
@click.option("--metrics", callback=names, help="As fd,kd,prdc or all.  [default: all that two sets of rows allow]")
@click.option("--features", help="none, pixels, random, classifier:mnist, ...  [default: pixels for images, else none]")
@click.option("--features-weights", multiple=True, callback=files, help="A space's own file, as inception=FILE.")
@click.option("--train", help="What the model of FAKE saw: for copies, ct, auth_pct and fd_gap.")
@click.option("--k", type=click.IntRange(min=1), default=5, show_default=True, help="Neighbours of precision and kin.")
@click.option("--n", type=click.IntRange(min=2), help="Rows to draw of REAL and of FAKE.  [default: all]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of every random draw.")
@click.option("--size", type=click.IntRange(min=1), help="Side of the squares that a folder's pictures become.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    real: str,
    fake: str,
    metrics: tuple[str, ...] | None,
    features: str | None,
    features_weights: dict[str, Path],
    train: str | None,
    k: int,
    n: int | None,
    seed: int,
    size: int | None,
    as_json: bool,
) -> None:
    """Score FAKE against REAL: .npy or .npz arrays, folders of pictures, or idx files.

    \b
    genbench score real.npy fake.npy
    genbench score photos/ samples/ --size 32 --features random --metrics fd,kd
    genbench score real.npz:features fake.npz:features --train train.npy --json
    """
    from genbench import scorecard
    from genbench.metrics.catalogue import expand
    from genbench.scorecard.card import DEFAULT
    from genbench.scorecard.page import to_json, to_text

    wanted = DEFAULT if metrics is None else expand(metrics)
    seen = None if train is None else scorecard.read("TRAIN", train, size)
    first, second = (scorecard.read(*each, size).some(n, seed) for each in (("REAL", real), ("FAKE", fake)))
    card = scorecard.make_card(
        first, second, seen, metrics=wanted, features=features, weights=features_weights, k=k, seed=seed
    )
    click.echo((to_json if as_json else to_text)(card))
