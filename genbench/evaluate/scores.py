"""Every score of one set of samples in one feature space; a metric that cannot be computed is a score with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.metrics.frechet import fd
from genbench.metrics.kernel import kd
from genbench.metrics.manifold import prdc
from genbench.metrics.memorisation import copies
from genbench.metrics.modes import modes
from genbench.metrics.score import Score

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from genbench.record import Mixture, Prepared

Scores = dict[str, Score]

NEIGHBOURS = 5
SEED = 20260  # of the generators that metrics re-sample with: the same samples get the same numbers
MANIFOLD = ("precision", "recall", "density", "coverage")
COPIES = ("copies", "ct", "near_share", "control_z", "control_share")
MODES = ("modes", "hq_share", "reverse_kl")


def compare(real: NDArray[Any], fake: NDArray[Any]) -> Scores:
    """Score features [n, d] of samples against as many of real rows."""
    return {
        **attempt(("fd",), lambda: {"fd": fd(real, fake)}),
        **attempt(("kd",), lambda: {"kd": kd(real, fake, rng=np.random.default_rng(SEED))}),
        **attempt(MANIFOLD, lambda: prdc(real, fake, k=NEIGHBOURS)),
    }


def describe(rows: NDArray[Any], mixture: Mixture | None) -> Scores:
    """Score rows on their own: exact repeats and, where the density is known, its modes."""
    scores = {"duplicates": Score(value=duplicates(rows))}
    if mixture is not None:
        scores |= attempt(MODES, lambda: modes(rows, np.array(mixture.centres), mixture.deviation))
    return scores


def unmask(data: Prepared, rows: NDArray[Any]) -> Scores:
    """Score how far rows are copies of train rows: `copies` is the verdict, 1 or 0, and the others are its grounds."""
    train, held_out, fake = (_flat(each) for each in (data.rows("train"), data.rows("held_out"), rows))
    return attempt(COPIES, lambda: _unmasked(train, held_out, fake))


def duplicates(rows: NDArray[Any]) -> float:
    """Return the share of rows that repeat an earlier row byte for byte."""
    return 1 - len({row.tobytes() for row in rows}) / len(rows)


def attempt(names: tuple[str, ...], compute: Callable[[], Scores]) -> Scores:
    """Return what `compute` does; where it refuses, or a value is not finite, a score without value that says why."""
    try:
        return {name: _finite(score) for name, score in compute().items()}
    except (ValueError, np.linalg.LinAlgError) as error:
        return {name: Score(value=None, warnings=(str(error),)) for name in names}


def _finite(score: Score) -> Score:
    if score.value is None or np.isfinite(score.value):
        return score
    return Score(value=None, warnings=(*score.warnings, f"the value is {score.value}"))


def _flat(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return rows as float32 [n, d]; bytes stay whole numbers, whose distances are exact."""
    return np.asarray(rows.reshape(len(rows), -1), dtype=np.float32)


def _unmasked(train: NDArray[Any], held_out: NDArray[Any], fake: NDArray[Any]) -> Scores:
    found = copies(train, held_out, fake, rng=np.random.default_rng(SEED))
    values = (float(found.is_copying), found.ct_z, found.near_share, found.control_z, found.control_share)
    return {name: Score(value=value) for name, value in zip(COPIES, values, strict=True)}
