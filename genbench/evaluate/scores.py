"""Every score of one set of samples in one feature space; a metric that cannot be computed is a score with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import PluginError
from genbench.evaluate.foreign import foreign
from genbench.metrics.authenticity import auth_pct
from genbench.metrics.catalogue import COPIES
from genbench.metrics.energy import energy
from genbench.metrics.frechet import fd
from genbench.metrics.gaussian import mmd
from genbench.metrics.infinity import fd_inf
from genbench.metrics.kernel import kd
from genbench.metrics.manifold import prdc
from genbench.metrics.memorisation import Copies, copies, duplicates, fd_gap
from genbench.metrics.modes import log_density, modes
from genbench.metrics.score import Score
from genbench.metrics.sliced import swd
from genbench.metrics.twosample import c2st
from genbench.metrics.vendi import vendi

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from genbench.refs import Mixture

Scores = dict[str, Score]

NEIGHBOURS = 5
SEED = 20260  # of the generators that metrics re-sample with: the same samples get the same numbers
MANIFOLD = ("precision", "recall", "density", "coverage")
MODES = ("modes", "hq_share", "reverse_kl", "log_density")
LOOKED_UP = 2000  # samples whose nearest train rows are sought: enough for the thresholds, and affordable


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Two sets of features [n, d] and [m, d], and what the numbers of them depend on besides."""

    real: Any
    fake: Any
    k: int = NEIGHBOURS
    seed: int = SEED

    @property
    def rng(self) -> np.random.Generator:
        """Return a generator of its own for every metric, so that none depends on which others were asked for."""
        return np.random.default_rng(self.seed)


COMPARISONS: dict[tuple[str, ...], Callable[[Sides], Scores]] = {
    ("fd",): lambda sides: {"fd": fd(sides.real, sides.fake)},
    ("fd_inf",): lambda sides: {"fd_inf": fd_inf(sides.real, sides.fake, rng=sides.rng)},
    ("kd",): lambda sides: {"kd": kd(sides.real, sides.fake, rng=sides.rng)},
    MANIFOLD: lambda sides: prdc(sides.real, sides.fake, k=sides.k),
    ("swd",): lambda sides: {"swd": swd(sides.real, sides.fake, rng=sides.rng)},
    ("energy",): lambda sides: {"energy": energy(sides.real, sides.fake)},
    ("mmd",): lambda sides: {"mmd": mmd(sides.real, sides.fake)},
    ("c2st",): lambda sides: {"c2st": c2st(sides.real, sides.fake, rng=sides.rng)},
    ("vendi_real",): lambda sides: {"vendi_real": vendi(sides.real)},
    ("vendi_fake",): lambda sides: {"vendi_fake": vendi(sides.fake)},
}
COMPARED = tuple(name for names in COMPARISONS for name in names)


def compare(sides: Sides, wanted: Collection[str]) -> Scores:
    """Score features of samples against real rows, by those of the wanted metrics that compare features."""
    scores: Scores = {}
    for names, function in COMPARISONS.items():
        if any(name in wanted for name in names):
            found = attempt(names, lambda function=function: function(sides))  # type: ignore[misc]
            scores |= {name: score for name, score in found.items() if name in wanted}
    return scores


def compare_by_plugins(sides: Sides, names: Collection[str]) -> Scores:
    """Score features by metrics that third parties have installed."""
    scores: Scores = {}
    for name in names:
        scores |= attempt((name,), lambda name=name: {name: foreign(name, sides.real, sides.fake, sides.rng)})  # type: ignore[misc]
    return scores


def describe(rows: NDArray[Any], mixture: Mixture | None, wanted: Collection[str]) -> Scores:
    """Score rows on their own: exact repeats and, where the density is known, how they fall on it."""
    scores = {"duplicates": duplicates(rows)}
    if mixture is not None:
        centres = np.array(mixture.centres)
        scores |= attempt(MODES[:3], lambda: modes(rows, centres, mixture.deviation))
        scores |= attempt(MODES[3:], lambda: {"log_density": log_density(rows, centres, mixture.deviation)})
    return {name: score for name, score in scores.items() if name in wanted}


def recall_train(sides: Sides, train: NDArray[Any], wanted: Collection[str], *, most: int | None = LOOKED_UP) -> Scores:
    """Score how samples relate to the train rows [l, d], in the same features as `sides`, whose real rows are fresh.

    Of at most so many samples the nearest train rows are sought.
    """
    scores: Scores = {}
    if "fd_gap" in wanted:
        gap = lambda: {"fd_gap": fd_gap(train, sides.real, sides.fake, rng=sides.rng)}  # noqa: E731
        scores |= attempt(("fd_gap",), gap)
    if "auth_pct" in wanted:
        scores |= attempt(("auth_pct",), lambda: {"auth_pct": auth_pct(train, sides.fake[:most])})
    return scores


def unmask(
    train: NDArray[Any],
    held_out: NDArray[Any],
    fake: NDArray[Any],
    *,
    seed: int = SEED,
    most: int | None = LOOKED_UP,
) -> Scores:
    """Score how far rows [n, ...] are copies of train rows: `copies` is the verdict, 1 or 0, the others its grounds."""
    rng = np.random.default_rng(seed)
    return attempt(COPIES, lambda: _unmasked(copies(*map(_flat, (train, held_out, fake)), rng=rng, most=most)))


def attempt(names: tuple[str, ...], compute: Callable[[], Scores]) -> Scores:
    """Return what `compute` does; where it refuses, or a value is not finite, a score without value that says why.

    A third party's metric that fails is no reason to lose the others.
    """
    try:
        return {name: _finite(score) for name, score in compute().items()}
    except (ValueError, np.linalg.LinAlgError, PluginError) as error:
        return {name: Score(value=None, warnings=(str(error),)) for name in names}


def _finite(score: Score) -> Score:
    if score.value is None or np.isfinite(score.value):
        return score
    return Score(value=None, warnings=(*score.warnings, f"the value is {score.value}"))


def _flat(rows: NDArray[Any]) -> NDArray[Any]:
    """Return rows as floats [n, d]; bytes stay whole numbers, whose distances are exact."""
    flat = rows.reshape(len(rows), -1)
    return flat if flat.dtype == np.float64 else np.asarray(flat, dtype=np.float32)


def _unmasked(found: Copies) -> Scores:
    values = (float(found.is_copying), found.ct_z, found.near_share, found.control_z, found.control_share)
    return {name: Score(value=value) for name, value in zip(COPIES, values, strict=True)}
