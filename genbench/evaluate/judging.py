"""Judge sample files against a split, in every feature space, at equal numbers of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import HarnessFault
from genbench.evaluate.scores import MANIFOLD, NEIGHBOURS, Scores, compare, describe, unmask
from genbench.evaluate.spaces import open_spaces
from genbench.record import Identity, Measure

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from genbench.evaluate.spaces import Space
    from genbench.record import DataRef, Prepared, SampleFile, Split

LARGEST = 10_000  # rows on each side
DTYPES = {"image": np.uint8, "points": np.float32}


def judge(
    data: Prepared, features: tuple[str, ...], samples: tuple[SampleFile, ...], cache: Path, run: Path | None = None
) -> tuple[Measure, ...]:
    """Measure samples against real rows; each number is of as many rows on either side.

    A measure that cannot be computed has no value and a reason.

    Args:
        data: the data set, with all its splits.
        features: spaces to judge in, as `genbench.features.choose` returns them.
        samples: files and what each is to be judged against; against the held-out split samples are also compared
            with the train split, to tell copies.
        cache: where features of real rows are kept.
        run: where extractors that were trained for this run are kept.

    Raises:
        HarnessFault: a sample file does not hold rows like the data's.
        UsageError: a feature space is not installed or does not suit the data.
    """
    spaces = open_spaces(data, features, cache, run)
    measures: list[Measure] = []
    for sample in samples:
        rows = _rows(sample, data.ref)
        for space in spaces:
            found = measure(space, rows, sample.split)
            measures += [each.model_copy(update={"variant": sample.variant, "mark": sample.mark}) for each in found]
    return tuple(measures)


def measure(space: Space, rows: NDArray[Any], split: Split) -> list[Measure]:
    """Measure rows in one space against the first rows of a split."""
    count = common_count(space.data.ref, len(rows), split)
    fake = rows[:count]
    scores = compare(space.real(split, count), space.of(fake))
    if space.is_raw:
        scores |= describe(fake, space.data.ref.mixture)
        scores |= unmask(space.data, fake) if split == "held_out" else {}
    return as_measures(scores, space, split, count)


def common_count(data: DataRef, drawn: int, split: Split) -> int:
    """Return how many rows each side has: as many as were drawn, or fewer where the split has fewer."""
    return min(drawn, data.counts[split], LARGEST)


def as_measures(scores: Scores, space: Space, split: Split, count: int) -> list[Measure]:
    """Give every score its identity."""
    return [
        Measure(identity=_identity(name, space, split, count), value=score.value, se=score.se, warnings=score.warnings)
        for name, score in scores.items()
    ]


def _identity(metric: str, space: Space, split: Split, count: int) -> Identity:
    return Identity(
        metric=metric,
        n=count,
        split=split,
        data=space.data.ref.hash,
        features=space.extractor.name,
        features_hash=space.extractor.hash,
        k=NEIGHBOURS if metric in MANIFOLD else None,
    )


def _rows(sample: SampleFile, data: DataRef) -> NDArray[Any]:
    rows = np.load(sample.path, mmap_mode="r", allow_pickle=False)
    expected = DTYPES.get(data.kind, rows.dtype)
    if rows.dtype != expected or rows.shape[1:] != data.shape or not len(rows):
        found = f"{rows.dtype} {list(rows.shape)}"
        raise HarnessFault(f"{sample.path}: got {found}, expected {np.dtype(expected)} rows of {list(data.shape)}")
    return rows  # type: ignore[no-any-return]
