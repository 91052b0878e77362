"""Judge sample files against a split, in every feature space, at equal numbers of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import HarnessFault
from genbench.evaluate.foreign import direction
from genbench.evaluate.kinds import score_rows
from genbench.evaluate.scores import (
    LOOKED_UP,
    MANIFOLD,
    NEIGHBOURS,
    Scores,
    Sides,
    attempt,
    compare,
    compare_by_plugins,
    recall_train,
    unmask,
)
from genbench.evaluate.spaces import open_spaces
from genbench.metrics import trees
from genbench.metrics.catalogue import CATALOGUE, COPIES, standard
from genbench.metrics.frechet import fd
from genbench.metrics.inception_score import inception_score
from genbench.metrics.score import Score
from genbench.record import PROTOCOL_SPACE, Identity, Measure

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from genbench.evaluate.spaces import Space
    from genbench.features import Extractor
    from genbench.messages import Places
    from genbench.record import Prepared, SampleFile
    from genbench.refs import DataRef, Split

LARGEST = 10_000  # rows on each side
DTYPES = {"image": np.uint8, "points": np.float32, "wave": np.float32, "tokens": np.int64}
BUILT_IN = frozenset(entry.metric for entry in CATALOGUE)
NO_LOGITS = "these features have no class probabilities; only a classifier's have"
# Rows of those measures that take fewer: a search for neighbours, a classifier that is fitted five times.
MOST_ROWS_OF = {**dict.fromkeys((*COPIES, "auth_pct"), LOOKED_UP), "c2st_trees": trees.MOST_ROWS}


def judge(
    places: Places,
    data: Prepared,
    features: tuple[str, ...],
    samples: tuple[SampleFile, ...],
    metrics: tuple[str, ...] = (),
) -> tuple[Measure, ...]:
    """Measure samples against real rows; each number is of as many rows on either side.

    A measure that cannot be computed has no value and a reason. At the end of a training more is measured than at
    marks: what needs train rows, and what was asked for by name.

    Args:
        places: where extractors and features of real rows are kept, and the device to compute on.
        data: the data set, with all its splits.
        features: spaces to judge in, as `genbench.features.choose` returns them.
        samples: files and what each is to be judged against; against the held-out split samples are also compared
            with the train split, to tell copies; against the train split they are judged as papers do.
        metrics: asked for besides the standard ones, as `genbench.metrics.catalogue.expand` returns them.

    Raises:
        HarnessFault: a sample file does not hold rows like the data's.
        UsageError: a feature space is not installed or does not suit the data.
    """
    spaces = open_spaces(places, data, features)
    measures: list[Measure] = []
    for sample in samples:
        rows = _rows(sample, data.ref)
        if sample.split == "train":
            found = measure_as_papers(open_spaces(places, data, (PROTOCOL_SPACE,))[0], rows)
        else:
            found = [each for space in spaces for each in measure(space, rows, sample.split, metrics)]
        measures += [each.model_copy(update={"variant": sample.variant, "mark": sample.mark}) for each in found]
    return tuple(measures)


def measure_as_papers(space: Space, rows: NDArray[Any]) -> list[Measure]:
    """Measure rows as papers do (fid50k-train): all rows against all train rows, which rewards repeating them."""
    real = space.real("train", space.data.ref.counts["train"])
    scores = attempt(("fd",), lambda: {"fd": fd(real, space.of(rows))})
    found = as_measures(scores, space, "train", len(rows))
    known = {"n_real": len(real)} if len(real) != len(rows) else {}
    return [each.model_copy(update={"identity": each.identity.model_copy(update=known)}) for each in found]


def measure(space: Space, rows: NDArray[Any], split: Split, metrics: tuple[str, ...] = ()) -> list[Measure]:
    """Measure rows in one space against the first rows of a split."""
    count = common_count(space.data.ref, len(rows), split)
    fake = rows[:count]
    wanted = {*standard("marks", "end"), *metrics} if split == "held_out" else set(standard("marks"))
    sides = Sides(real=space.real(split, count), fake=space.of(fake))
    scores = compare(sides, wanted) | score_rows(space, fake, split, wanted)
    if split == "held_out":
        scores |= _against_train(space, sides, fake, wanted)
        scores |= inception_of(space.extractor, fake) if "inception_score" in wanted else {}
        scores |= compare_by_plugins(sides, wanted - BUILT_IN)
    return as_measures(scores, space, split, count)


def _against_train(space: Space, sides: Sides, fake: NDArray[Any], wanted: Collection[str]) -> Scores:
    """Score what only train rows tell: whether samples are nearer to them than fresh rows are."""
    data = space.data
    scores = recall_train(sides, space.real("train", data.ref.counts["train"]), wanted)
    if space.is_raw:
        scores |= unmask(*map(space.comparable, (data.rows("train"), data.rows("held_out"), fake)))
    return scores


def inception_of(extractor: Extractor, rows: NDArray[Any]) -> Scores:
    """Score the class probabilities of samples; without value where the extractor has no logits."""
    logits = getattr(extractor, "logits", None)
    if logits is None:
        return {"inception_score": Score(value=None, warnings=(NO_LOGITS,))}
    return attempt(("inception_score",), lambda: {"inception_score": inception_score(logits(rows))})


def common_count(data: DataRef, drawn: int, split: Split) -> int:
    """Return how many rows each side has: as many as were drawn, or fewer where the split has fewer."""
    return min(drawn, data.counts[split], LARGEST)


def as_measures(scores: Scores, space: Space, split: Split, count: int) -> list[Measure]:
    """Give every score its identity; those of a space that is not verified are marked."""
    doubts = () if space.doubt is None else (space.doubt,)
    return [
        Measure(
            identity=_identity(name, space, split, count),
            value=score.value,
            se=score.se,
            warnings=(*doubts, *score.warnings),
            better=None if name in BUILT_IN else direction(name),
        )
        for name, score in scores.items()
    ]


def _identity(metric: str, space: Space, split: Split, count: int) -> Identity:
    return Identity(
        metric=metric,
        n=min(count, MOST_ROWS_OF.get(metric, count)),
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
