"""What a data set's numbers mean: the floor that real rows reach, and two controls that no model made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.evaluate.judging import as_measures, common_count, measure
from genbench.evaluate.scores import Scores, compare, describe
from genbench.evaluate.spaces import open_spaces
from genbench.metrics.score import Score
from genbench.record import Measure, Reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from genbench.evaluate.spaces import Space
    from genbench.record import Prepared, Split

DRAWS = 10
SEED = 20261
SPLIT: Split = "held_out"


def reference(data: Prepared, features: tuple[str, ...], cache: Path, run: Path | None = None) -> Reference:
    """Measure floor, noise and memoriser on the held-out split, with as many rows as a trial's samples.

    The floor is the mean over 10 draws of train rows, its `se` their standard deviation. It is not told for copies:
    train rows are copies. Arguments as for `judge`.
    """
    count = common_count(data.ref, data.ref.counts[SPLIT], SPLIT)
    spaces = open_spaces(data, features, cache, run)
    controls = {"noise": noise(data, count), "memoriser": memorised(data, count)}
    return Reference(
        data=data.ref,
        measures={
            "floor": tuple(each for space in spaces for each in floor(space, count)),
            "noise": tuple(each for space in spaces for each in measure(space, controls["noise"], SPLIT)),
            "memoriser": tuple(each for space in spaces for each in measure(space, controls["memoriser"], SPLIT)),
        },
    )


def floor(space: Space, count: int) -> list[Measure]:
    """Measure 10 draws of train rows, without replacement within a draw."""
    real, train = space.real(SPLIT, count), space.data.rows("train")
    draws = []
    for draw in range(DRAWS):
        generator = np.random.default_rng((SEED, draw))
        rows = train[np.sort(generator.choice(len(train), min(count, len(train)), replace=False))]
        own = describe(rows, space.data.ref.mixture) if space.is_raw else {}
        draws.append(compare(real, space.of(rows)) | own)
    scores = {name: _pooled([each[name] for each in draws]) for name in draws[0]}
    return as_measures(_as_far_as_equal(scores, len(train), count), space, SPLIT, count)


def noise(data: Prepared, count: int) -> NDArray[Any]:
    """Draw images of uniform bytes, or points uniform in the bounding box of the train rows."""
    generator = np.random.default_rng((SEED, DRAWS))
    if data.ref.kind == "image":
        return generator.integers(0, 256, (count, *data.ref.shape), dtype=np.uint8)
    train = data.rows("train")
    return generator.uniform(train.min(axis=0), train.max(axis=0), (count, *data.ref.shape)).astype(np.float32)


def memorised(data: Prepared, count: int) -> NDArray[Any]:
    """Draw train rows with replacement."""
    train = data.rows("train")
    return train[np.random.default_rng((SEED, DRAWS + 1)).integers(0, len(train), count)]


def _pooled(draws: Sequence[Score]) -> Score:
    warnings = tuple(dict.fromkeys(each for score in draws for each in score.warnings))
    values = [score.value for score in draws if score.value is not None]
    if len(values) < len(draws):
        return Score(value=None, warnings=warnings)
    return Score(value=float(np.mean(values)), se=float(np.std(values, ddof=1)), warnings=warnings)


def _as_far_as_equal(scores: Scores, available: int, count: int) -> Scores:
    """Withhold numbers of fewer train rows than held-out rows: they would compare with nothing."""
    if available >= count:
        return scores
    reason = f"the train split has {available} rows, fewer than the {count} that the floor is drawn with"
    return {name: Score(value=None, warnings=(reason,)) for name in scores}
