"""Does training on more importance samples tighten the bound? A table of runs of `studies/importance.toml`.

    genbench run studies/importance.toml --output RUNS
    genbench run studies/importance_vae.toml --output RUNS
    python -m benchmarks.importance RUNS/*        # writes results/reference/importance.md

A study takes a model once, with one set of options, and `genbench table` reads one run: so runs are joined here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import pages
from genbench.stats.pairs import compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.record import Record

PAGE = Path(__file__).parents[1] / "results" / "reference" / "importance.md"
HEADER = ("trained on", "seeds", "bound, nats ↑", "each seed", "examples", "decoder passes", "charged s", "published")
PUBLISHED = {  # Burda et al., table 1, one stochastic layer; signs turned
    ("vae", 1): "-86.76 (k = 1, VAE and IWAE alike)",
    ("iwae", 50): "-84.78 (IWAE, k = 50)",
}
READING = """\
Bound: mean over the {rows:,} held-out rows of log 1/k sum p(x, z) / q(z|x), whose k is that of the title, the same for
all and not that of the training. Seeds give the median and the least and the most. Networks: two layers
of 200 tanh units each way, 50 latents, Glorot's first weights, as published; Adam at one rate, batch 20.

Not comparable in absolute terms with what was published (Y. Burda, R. Grosse, R. Salakhutdinov, Importance weighted
autoencoders, 2016, arXiv 1509.00519, table 1, one stochastic layer: VAE k = 1 86.76, VAE k = 50 86.35, IWAE k = 50
84.78): that is of digits binarised at random, anew each time they are shown, trained for 3,280 passes over 60,000 rows,
which is {times:,.0f} times as many examples, and bounded by 5,000 samples; `mnist_binary` is cut at half grey. Its VAE
of k = 50 averages 50 samples of the evidence bound for a row; ours draws one. The order is what is to be compared.

Equal examples are not equal work: a step at k = 50 decodes 50 times as many rows, and took {work} as long in charged
seconds of one thread. Trials ran side by side on a machine with other work, so seconds tell little. Where
`vae` is also shown more examples, it is as many as it trains on while `iwae` trains on its own."""
PASSES = 3_280 * 60_000  # of the paper: 3^i passes over the rows for each of i = 0..7, 3,280 in all


@dataclass(frozen=True)
class Group:
    """The trials of one model with one set of options, by seed."""

    model: str
    options: dict[str, Any]
    records: Sequence[Record]

    @property
    def k(self) -> int:
        """Decoder passes of a row in a step."""
        return int(self.options.get("k", 1))

    @property
    def is_sampled(self) -> bool:
        """Whether the divergence is."""
        return self.options.get("kl") == "sampled"

    @property
    def name(self) -> str:
        """The model, and what tells it from others of its name."""
        drawn = f" k = {self.k}" if self.k > 1 else ""
        return f"`{self.model}`{drawn}{' kl sampled' if self.is_sampled else ''}"

    @property
    def bounds(self) -> list[float]:
        """The bound of each seed; NaN where it failed."""
        return [bound(each)[1] for each in self.records]

    def cells(self) -> list[str]:
        """Return its line of the table."""
        good = [each for each in self.bounds if isfinite(each)]
        failed = f", {len(self.bounds) - len(good)} failed" if len(good) < len(self.bounds) else ""
        return [
            self.name,
            str(len(self.bounds)),
            f"{median(good):.2f} [{min(good):.2f}, {max(good):.2f}]{failed}",
            " ".join(f"{each:.2f}" if isfinite(each) else "failed" for each in self.bounds),
            f"{self.examples:,.0f}",
            f"{self.examples * self.k:,.0f}",
            f"{self.seconds:,.0f}",
            "–" if self.is_sampled else PUBLISHED.get((self.model, self.k), "–"),
        ]

    @property
    def examples(self) -> float:
        """Rows that a training was shown."""
        return median(each.spend.examples for each in self.records if each.spend is not None)

    @property
    def seconds(self) -> float:
        """Charged seconds of a training."""
        return median(each.spend.seconds for each in self.records if each.spend is not None)


def bound(record: Record) -> tuple[str, float]:
    """Return a record's bound on the log-likelihood: which, and its value; NaN where it failed."""
    for each in record.measures:
        if each.identity.metric == "log_likelihood" and each.value is not None:
            return each.identity.features, each.value
    return "", float("nan")


def groups(records: Iterable[Record]) -> list[Group]:
    """Return the trials by model, options and budget, in the order in which they come."""
    found: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda each: each.trial.seed):
        model = record.trial.model
        found.setdefault(f"{model.name} {sorted(model.options.items())} {record.trial.budget}", []).append(record)
    made = [Group(rows[0].trial.model.name, rows[0].trial.model.options, rows) for rows in found.values()]
    return sorted(made, key=lambda each: (each.k, each.records[0].trial.budget.amount, each.is_sampled))


def differences(first: Group, second: Group) -> list[float]:
    """Return by how many nats the first is above the second, for each seed that both have."""
    theirs = {each.trial.seed: bound(each)[1] for each in second.records}
    return [bound(each)[1] - theirs[each.trial.seed] for each in first.records if each.trial.seed in theirs]


def verdict(first: Group, second: Group) -> str:
    """Say whether the first is above the second: seed by seed, and over all pairs by the exact test."""
    apart = differences(first, second)
    found = compare(first.bounds, second.bounds, lower_is_better=False)
    paired = f"by seed {', '.join(f'{each:+.2f}' for each in apart)} nats"
    names = (f"{each.name} on {each.examples:,.0f} examples" for each in (first, second))
    return f"{found.sentence(*names, 'bound')}; {paired}."


def page(records: Sequence[Record]) -> str:
    """Return the whole page.

    Raises:
        ValueError: bounds of different k, which do not compare, or no trial of a model that is asked for.
    """
    made = groups(records)
    names = {bound(each)[0] for each in records if bound(each)[0]}
    if len(names) != 1:
        raise ValueError(f"got bounds {sorted(names)}, expected runs of one and the same bound")
    rows = [HEADER, ["---"] * len(HEADER), *(each.cells() for each in made)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    most = max(made, key=lambda each: each.k)
    told = [f"- {verdict(most, each)}" for each in made if each is not most]
    first = records[0]
    work = f"{most.seconds / made[0].seconds:.0f} times"
    where = f"{first.environment.cpu}, {first.environment.cores} cores, {first.trial.threads} thread a trial"
    title = f"# More importance samples, a tighter bound: `{names.pop().partition(',')[0]}` on {first.trial.data.name}"
    reading = READING.format(
        rows=first.trial.data.counts["held_out"], times=PASSES / first.spend.examples if first.spend else 0, work=work
    )
    intro = f"`studies/importance.toml`, {first.started[:10]}, {where}; made by `python -m benchmarks.importance`."
    return "\n".join([title, "", intro, "", *lines, "", *told, "", reading, ""])


def main() -> None:
    pages.write("importance", __doc__.partition("\n")[0], page, PAGE)


if __name__ == "__main__":
    main()
