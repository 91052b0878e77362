"""What a data set's numbers mean: the floor that real rows reach, and two controls that no model made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.evaluate.judging import BUILT_IN, as_measures, common_count, measure
from genbench.evaluate.kinds import score_rows
from genbench.evaluate.scores import Scores, Sides, compare, compare_by_plugins
from genbench.evaluate.spaces import open_spaces
from genbench.metrics.catalogue import standard
from genbench.metrics.score import Score
from genbench.record import Measure, Reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from genbench.evaluate.spaces import Space
    from genbench.messages import Places
    from genbench.record import Prepared
    from genbench.refs import Split
    from genbench.table import Column

DRAWS = 10
SEED = 20261
SPLIT: Split = "held_out"


def reference(
    places: Places,
    data: Prepared,
    features: tuple[str, ...],
    counts: Mapping[Split, int],
    metrics: tuple[str, ...] = (),
) -> Reference:
    """Measure the floor on both splits, noise and memoriser on the held-out one, by as many rows as a trial's samples.

    The floor is the mean over 10 draws of train rows, its `se` their standard deviation. It is not told for what
    compares with train rows, since it is made of them. Arguments as for `judge`; `counts` are the samples of a trial.
    """
    spaces = open_spaces(places, data, features)
    count = common_count(data.ref, counts[SPLIT], SPLIT)
    controls = {"noise": noise(data, count), "memoriser": memorised(data, count)}
    ends, marks = {*standard("marks", "end"), *metrics}, set(standard("marks"))
    floors = [floor(space, counts[SPLIT], SPLIT, ends) for space in spaces]
    floors += [floor(space, counts["validation"], "validation", marks) for space in spaces]
    return Reference(
        data=data.ref,
        measures={
            "floor": tuple(each for found in floors for each in found),
            "noise": tuple(each for space in spaces for each in measure(space, controls["noise"], SPLIT, metrics)),
            "memoriser": tuple(
                each for space in spaces for each in measure(space, controls["memoriser"], SPLIT, metrics)
            ),
        },
    )


def floor(space: Space, drawn: int, split: Split, wanted: Collection[str]) -> list[Measure]:
    """Measure 10 draws of train rows, without replacement within a draw."""
    count = common_count(space.data.ref, drawn, split)
    real, train = space.real(split, count), space.data.rows("train")
    draws = []
    for draw in range(DRAWS):
        generator = np.random.default_rng((SEED, draw))
        rows = train[np.sort(generator.choice(len(train), min(count, len(train)), replace=False))]
        sides = Sides(real=real, fake=space.of(rows))
        own = score_rows(space, rows, split, wanted)
        draws.append(compare(sides, wanted) | own | compare_by_plugins(sides, set(wanted) - BUILT_IN))
    scores = {name: _pooled([each[name] for each in draws]) for name in draws[0]}
    return as_measures(_as_far_as_equal(scores, len(train), count), space, split, count)


def noise(data: Prepared, count: int) -> NDArray[Any]:
    """Draw images of uniform bytes, waves uniform in their range, uniform tokens, or points uniform in train's box.

    Of a table integers are uniform whole numbers of the box, and categories uniform over all that there are.
    """
    generator = np.random.default_rng((SEED, DRAWS))
    if data.ref.kind == "image":
        return generator.integers(0, 256, (count, *data.ref.shape), dtype=np.uint8)
    if data.ref.kind == "wave":
        return generator.uniform(-1, 1, (count, *data.ref.shape)).astype(np.float32)
    if data.ref.kind == "tokens":
        return generator.integers(0, data.ref.classes or 0, (count, *data.ref.shape), dtype=np.int64)
    train = data.rows("train")
    low, high = train.min(axis=0), train.max(axis=0)
    if data.ref.table is None:
        return generator.uniform(low, high, (count, *data.ref.shape)).astype(np.float32)
    draws = (
        _uniform(generator, each.column, low[each.stored], high[each.stored], count) for each in data.ref.table.places()
    )
    return np.stack(list(draws), axis=1)


def _uniform(
    generator: np.random.Generator, column: Column, low: float, high: float, count: int
) -> NDArray[np.float32]:
    if column.kind == "category":
        return generator.integers(0, len(column.categories), count).astype(np.float32)
    if column.kind == "integer":
        return generator.integers(int(low), int(high), count, endpoint=True).astype(np.float32)
    return generator.uniform(low, high, count).astype(np.float32)


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
