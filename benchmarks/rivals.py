"""What `benchmarks.noninferior` compares: models that others have too, how they are set, by what they are judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.readings import LOOPS, PYTHAE
from benchmarks.verdicts import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARGIN, STRICT = 0.25, 0.01  # as ratios; a quarter of a bound is some 25 nats, so a hundredth of it is told besides
LR, BATCH = 2e-3, 50  # which divides the 55,000 rows


@dataclass(frozen=True)
class Size:
    """How much is done."""

    seeds: int
    epochs: int
    samples: int  # or reconstructions, and held-out rows that they are compared with
    judged: int  # held-out rows of which the bound is computed
    k: int  # importance samples of it


FULL, QUICK = Size(5, 2, 5_000, 1_000, 200), Size(1, 1, 2_000, 200, 100)


@dataclass(frozen=True)
class Family:
    """Models that are trained and judged by the same functions, each as "module:function" of this folder."""

    ours: str
    theirs: str
    judge: str
    options: dict[str, Any]  # that all of them have, on both sides
    measures: Sequence[tuple[str, str, float, bool]]  # in words, what the judge calls it, margin, whether it is asked

    def comparisons(self, model: str, rows: Sequence[dict[str, Any]], size: dict[str, int]) -> Iterator[Comparison]:
        """Yield every comparison of what the seeds told."""
        for words, name, margin, is_asked in self.measures:
            ours, theirs = ([row.get(side, {}).get(name) for row in rows] for side in ("ours", "theirs"))
            yield Comparison(
                model=model, measure=words.format(**size), ours=ours, theirs=theirs, margin=margin, is_asked=is_asked
            )


BOUND = "minus iwae@{k}, nats, {judged:,} rows"
CODERS = Family(
    ours="coders:train",
    theirs="coders_of_pythae:train",
    judge="coders:judge",
    options={"backbone": "canonical"},
    measures=[
        ("FD of {samples:,} samples, classifier", "distance", MARGIN, True),
        (BOUND, "bound", MARGIN, True),
        (BOUND, "bound", STRICT, False),
    ],
)
QUANTISERS = Family(
    ours="quantisers:train",
    theirs="quantisers:train_pythae",
    judge="quantisers:judge",
    options={"width": 16, "codes": 128, "size": 16, "commitment": 0.25, "decay": 0.99},
    measures=[
        ("FD of {samples:,} reconstructions, classifier", "distance", MARGIN, True),
        ("squared error of {samples:,} reconstructions", "error", MARGIN, True),
    ],
)

ADVERSARIES = Family(
    ours="adversaries:train",
    theirs="plain_loops:train",
    judge="adversaries:judge",
    options={"beta1": 0.5, "beta2": 0.999, "critic_steps": 1},
    measures=[("FD of {samples:,} samples, classifier", "distance", MARGIN, True)],
)


@dataclass(frozen=True)
class Rival:
    """A model that both sides have, and how it is set on both."""

    model: str
    family: Family
    options: dict[str, Any] = field(default_factory=dict)
    data: str = "mnist"

    @property
    def settings(self) -> dict[str, Any]:
        """The model's options."""
        return {"lr": LR} | self.family.options | self.options

    def asked(self, size: Size, seed: int, folder: str) -> dict[str, Any]:
        """Return what a side's process is told."""
        given = {"model": self.model, "data": self.data, "batch": BATCH, "options": self.settings}
        return given | asdict(size) | {"seed": seed, "folder": folder}


@dataclass(frozen=True)
class Opponent:
    """Whose models ours are compared with, and the page that tells of it."""

    name: str  # in tables
    package: str  # to be installed in the peers' environment; "" where theirs is a loop of our own
    page: str  # of results/bench
    title: str
    reading: str
    rivals: dict[str, Rival]


def _by_name(*rivals: Rival) -> dict[str, Rival]:
    return {each.model: each for each in rivals}


OPPONENTS = {
    "pythae": Opponent(
        "pythae", "pythae", "noninferior", "# `make noninferior`: beside pythae's models", PYTHAE,
        _by_name(
            Rival("vae", CODERS),
            Rival("iwae", CODERS, {"k": 5}),
            Rival("beta_vae", CODERS, {"beta": 4.0}),
            Rival("vq_vae", QUANTISERS),
        ),
    ),
    "loops": Opponent(
        "a plain loop", "", "noninferior_loops", "# `make noninferior`: beside plain training loops", LOOPS,
        _by_name(
            Rival("gan", ADVERSARIES, {"lr": 1e-3}),
            Rival("dcgan", ADVERSARIES, {"lr": 2e-4, "backbone": "canonical"}),
            Rival("wgan_gp", ADVERSARIES, {"lr": 5e-4, "beta2": 0.9, "critic_steps": 5, "penalty": 10.0}),
            Rival("sn_gan", ADVERSARIES, {"lr": 2e-4, "beta1": 0.0, "beta2": 0.9}),
        ),
    ),
}  # fmt: skip
