"""Lucic et al. 2018 again: our distances beside theirs, and whether the order of the models is the same.

genbench tune studies/created_equal.toml --output RUNS
python -m benchmarks.created_equal RUNS/*        # writes results/reference/created_equal.md
"""

from __future__ import annotations

from itertools import permutations
from math import atanh, isfinite, nan, sqrt, tanh
from pathlib import Path
from statistics import mean, median, stdev
from typing import TYPE_CHECKING, Any

from benchmarks import pages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genbench.record import Record

PAGE = Path(__file__).parents[1] / "results" / "reference" / "created_equal.md"
METRIC = ("fd", "classifier", "held_out")
SEARCHED = ("lr", "beta1", "critic_steps", "clip", "penalty", "gain", "diversity")
PUBLISHED = {  # mean and deviation of 50 seeds, FID; vae from memory of the paper's table: not checked
    "gan@mm": {"mnist": (9.8, 0.9), "fashion_mnist": (29.6, 1.6), "cifar10": (72.7, 3.6)},
    "gan": {"mnist": (6.8, 0.5), "fashion_mnist": (26.5, 1.6), "cifar10": (58.5, 1.9)},
    "lsgan": {"mnist": (7.8, 0.6), "fashion_mnist": (30.7, 2.2), "cifar10": (87.1, 47.5)},
    "wgan": {"mnist": (6.7, 0.4), "fashion_mnist": (21.5, 1.6), "cifar10": (55.2, 2.3)},
    "wgan_gp": {"mnist": (20.3, 5.0), "fashion_mnist": (24.5, 2.1), "cifar10": (55.8, 0.9)},
    "dragan": {"mnist": (7.6, 0.4), "fashion_mnist": (27.7, 1.2), "cifar10": (69.8, 2.0)},
    "began": {"mnist": (13.1, 1.0), "fashion_mnist": (22.9, 0.9), "cifar10": (71.4, 1.6)},
    "vae": {"mnist": (23.8, 0.6), "fashion_mnist": (58.7, 1.2), "cifar10": (155.7, 11.6)},
}
HEADER = (
    "model",
    "configuration",
    "tried (failed)",
    "our FD, classifier ↓",
    "each seed",
    "our rank",
    "FID of the paper",
    "its rank",
)
READING = """\
**Not the same metric.** Theirs is the FID in Inception features of 10,000 samples against 10,000 test rows; ours is the
Frechet distance in the features of a small classifier of that data set, against held-out rows. Only the order of the
models can be compared: rho is Spearman's rank correlation of our medians with their means, its interval that of Bonett
& Wright (2000), its p exact over all orders, two-sided. Eight models leave the interval wide.

Theirs: 20 passes over the rows, 100 configurations from wide ranges, the best re-run with 50 seeds. Ours: the budget,
configurations and seeds above. A configuration is chosen on validation rows, and judged with other seeds on held-out
rows. The paper's vae row could not be checked against a second source."""


def ours(records: Sequence[Record], data: str) -> dict[str, list[float]]:
    """Return our distances by model, a value a seed, NaN where it failed."""
    found: dict[str, list[float]] = {}
    for each in sorted(records, key=lambda each: each.trial.seed):
        if each.trial.data.name == data and each.trial.purpose == "score":
            found.setdefault(each.trial.model.title, []).append(_distance(each))
    return found


def _distance(record: Record) -> float:
    for each in record.measures:
        found = (each.identity.metric, each.identity.features, each.identity.split)
        if found == METRIC and each.variant == record.trial.model.variants[0] and each.value is not None:
            return each.value
    return nan


def middle(values: Sequence[float]) -> float:
    """Return the median in which a failed seed is as bad as can be."""
    return median(each if isfinite(each) else float("inf") for each in values)


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each, 1 the lowest; equal values share theirs."""
    return [
        sum(other < value for other in values) + (1 + sum(other == value for other in values)) / 2 for value in values
    ]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> tuple[float, tuple[float, float], float]:
    """Return Spearman's rho, a 95 % interval and the exact two-sided p over all orders of the second.

    D. Bonett, T. Wright, Sample size requirements for estimating Pearson, Kendall and Spearman correlations,
    Psychometrika 65, 2000: Fisher's z of rho has the variance (1 + rho^2 / 2) / (n - 3).

    Raises:
        ValueError: fewer than four pairs.
    """
    if len(first) < 4:
        raise ValueError(f"got {len(first)} models, expected at least 4: a rank correlation of fewer says nothing")
    one, other = ranks(first), ranks(second)
    rho = _pearson(one, other)
    as_far = [abs(_pearson(one, order)) >= abs(rho) - 1e-12 for order in permutations(other)]
    z = atanh(max(-0.999999, min(0.999999, rho)))
    half = 1.959964 * sqrt((1 + rho**2 / 2) / (len(one) - 3))
    return rho, (tanh(z - half), tanh(z + half)), mean(as_far)


def _pearson(first: Sequence[float], second: Sequence[float]) -> float:
    a, b = mean(first), mean(second)
    products = sum((x - a) * (y - b) for x, y in zip(first, second, strict=True))
    return products / sqrt(sum((x - a) ** 2 for x in first) * sum((y - b) ** 2 for y in second))


def block(records: Sequence[Record], data: str) -> str:
    """Return the table of one data set and how its order compares."""
    found = {name: values for name, values in ours(records, data).items() if name in PUBLISHED}
    names = list(found)
    of_ours, of_theirs = [middle(found[each]) for each in names], [PUBLISHED[each][data][0] for each in names]
    places = zip(names, ranks(of_ours), ranks(of_theirs), strict=True)
    rows = [_cells(records, name, data, found[name], place, theirs) for name, place, theirs in places]
    rho, (low, high), p = rank_correlation(of_ours, of_theirs)
    said = f"Order of {len(names)} models: rho {rho:+.2f}, 95 % [{low:+.2f}, {high:+.2f}], p {p:.2g}."
    lines = [f"| {' | '.join(row)} |" for row in (HEADER, ["---"] * len(HEADER), *rows)]
    return "\n".join([f"## {data}", "", *lines, "", said])


def _cells(
    records: Sequence[Record], name: str, data: str, values: list[float], place: float, theirs: float
) -> list[str]:
    trial = next(
        each.trial
        for each in records
        if (each.trial.model.title, each.trial.data.name, each.trial.purpose) == (name, data, "score")
    )
    tuned, published = trial.tuned, PUBLISHED[name][data]
    assert tuned is not None, f"{name}: run by `genbench run`, expected `genbench tune`"
    good = [each for each in values if isfinite(each)]
    spread = f" ± {stdev(good):.2g}" if len(good) > 1 else ""
    return [
        name, f"no. {tuned.number}: {settings(trial.model.options)}", f"{tuned.tried} ({tuned.failed})",
        f"{middle(values):.3g}{spread}", " ".join(f"{each:.3g}" if isfinite(each) else "failed" for each in values),
        f"{place:g}", f"{published[0]:g} ± {published[1]:g}", f"{theirs:g}",
    ]  # fmt: skip


def settings(options: Mapping[str, Any]) -> str:
    """Say what was searched of a configuration; what has no value is set by the model, by the task's shape."""
    given = {each: options.get(each) for each in SEARCHED}
    return ", ".join(f"{each} {value:.3g}" for each, value in given.items() if value is not None)


def page(records: Sequence[Record]) -> str:
    """Return the whole page."""
    first = next(each for each in records if each.trial.purpose == "score")
    assert first.trial.tuned is not None
    where = f"{first.environment.cpu}, {first.environment.cores} cores, {first.trial.threads} thread a trial"
    seeds = len({each.trial.seed for each in records if each.trial.purpose == "score"})
    asked = f"{first.trial.budget} each, batch {first.trial.model.batch_size}"
    tuned = f"{first.trial.tuned.trials} configurations of every model, then {seeds} fresh seeds"
    said = f"{asked}, {tuned}; {first.started[:10]}, {where}; made by `python -m benchmarks.created_equal`."
    sets = dict.fromkeys(each.trial.data.name for each in records if each.trial.purpose == "score")
    title = "# Are GANs created equal? Lucic et al. 2018, scaled down"
    return "\n\n".join([title, said, *(block(records, data) for data in sets), READING]) + "\n"


def main() -> None:
    pages.write("created_equal", __doc__.partition("\n")[0], page, PAGE)


if __name__ == "__main__":
    main()
