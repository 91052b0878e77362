"""`genbench tune`: as many configurations of every model, chosen by validation rows, then fresh seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from genbench.cli.run import end
from genbench.cli.study import spec_of, study_options, way_options, ways_of

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.session import Session
    from genbench.spec import Spec

SEARCH = ("trials", "seed", "sampler", "metric")  # flags of `[tune]`


@click.command("tune")
@study_options(seeds_by_default=5)
@click.option("--trials", type=int, help="Configurations of every model on every data set.  [default: 16]")
@click.option("--seed", type=int, help="Of what is drawn.  [default: 0]")
@click.option("--sampler", type=click.Choice(["random", "tpe"]), help="tpe needs genbench[optuna].  [default: random]")
@click.option("--metric", help="Chosen by, as fd:classifier.  [default: what ranks in the tables]")
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what would be searched, and run nothing.")
@click.option("--max-seeds", type=int, help="Of --seeds auto, which stops when every pair is decided.  [default: 20]")
@click.option("--no-probe", "probe", flag_value=False, default=None, help="Leave out the throughput table.")
@click.option("--quick", is_flag=True, default=None, help="Measure speeds in windows of 0.1 s, not 0.5 s.")
@way_options()
@click.option("--strict", is_flag=True, help="Exit 2 when a plugin cannot be imported or breaks the contract.")
@click.option("--json", "as_json", is_flag=True, help="Print the tables as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but the tables.")
def command(study: Path | None, strict: bool, as_json: bool, quiet: bool, is_dry: bool, **flags: Any) -> None:
    """Tune every model alike, then train the chosen configurations with fresh seeds and print the tables.

    Each model gets the same number of configurations on each data set, under the same budget, trained with one and the
    same seed; the first is what the study gives. The best by validation rows is chosen: held-out rows are not judged
    against before. A study says in [tune] what is searched. A search that was cut short goes on when the same command
    is given again.

    \b
    genbench tune --models vae,gan --trials 16
    genbench tune study.toml --dry-run
    """
    from genbench.cli.progress import reporter
    from genbench.session import Session

    asked = {name: value for name in SEARCH if (value := flags.pop(name)) is not None}
    ways = ways_of(flags)
    spec = _spec(flags | ({"tune": asked} if asked else {}), study, ways)
    session = Session(spec, ways, is_tuned=True)
    with reporter(is_quiet=quiet or as_json) as report:
        if not is_dry:
            results = session.run(report)
    if is_dry:
        _outline(session)
        return
    end(session, results, as_json=as_json, is_strict=strict)


def _spec(flags: dict[str, Any], study: Path | None, ways: Any) -> Spec:
    """Return what is asked, with a search in any case."""
    from genbench.tuning.asked import Tune

    spec = spec_of(flags, study, ways)
    return spec if spec.tune is not None else spec.model_copy(update={"tune": Tune()})


def _outline(session: Session) -> None:
    """Print what would be run."""
    from genbench.cli.progress import reporter

    with reporter(is_quiet=True) as report:
        plan = session.outline(report)
    search, cells = plan.search, {(trial.model.title, trial.data.name) for trial in plan.tuning}
    assert search is not None
    for line in search.described():
        click.echo(line)
    total = len(cells) * search.trials
    click.echo(
        f"{len(cells)} models on their data: at most {total} configurations, {plan.everything[0].budget} each, then "
        f"{len(cells) * search.seeds} trials; {len(plan.tuning)} configurations are drawn"
    )
