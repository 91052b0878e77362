"""From two sets of rows to answers: a value, what it is a number of, how sure it is, and what real rows reach."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError
from genbench.evaluate.judging import BUILT_IN, NO_LOGITS, inception_of
from genbench.evaluate.scores import (
    COMPARED,
    MANIFOLD,
    Scores,
    Sides,
    compare,
    compare_by_plugins,
    describe,
    recall_train,
    unmask,
)
from genbench.metrics.catalogue import COPIES
from genbench.metrics.score import Score
from genbench.record import Identity
from genbench.refs import DataRef, Frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from genbench.features import Extractor
    from genbench.scorecard.sources import Given

NONE = "none"
FEWEST = 2  # rows of which anything can be said
AGAINST_TRAIN = ("fd_gap", "auth_pct", *COPIES)
DEFAULT = (*COMPARED, "duplicates", *AGAINST_TRAIN)
NO_TRAIN = "needs the train rows: give --train"
NOT_FOR_ROWS = "is measured of models, or of rows of which more is known (mixtures, tables, text), not of two arrays"


class Floor(Frozen):
    """The same measure between two random halves of REAL: what no sampler can be expected to beat at that N."""

    value: float | None
    identity: Identity
    warnings: tuple[str, ...] = ()


class Answer(Frozen):
    """One measure; `value` is null with a reason in `warnings` where it is undefined."""

    value: bool | float | None
    se: float | None = None
    interval: tuple[float, float] | None = None
    identity: Identity
    floor: Floor | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where rows are compared: an extractor, or none for features as they are given."""

    name: str
    extractor: Extractor | None

    @property
    def hash(self) -> str:
        """Return the extractor's hash."""
        return hashlib.sha256(b"features as given").hexdigest() if self.extractor is None else self.extractor.hash

    def of(self, given: Given) -> NDArray[Any]:
        """Return the features of rows [n, d]."""
        if self.extractor is None:
            return given.rows
        try:
            return self.extractor(given.rows)
        except (RuntimeError, ValueError, TypeError) as error:
            form = f"{given.rows.dtype} {list(given.rows.shape[1:])}"
            raise UsageError(f"{given.role}: --features {self.name} cannot read images {form}: {error}") from error


def make_card(
    real: Given,
    fake: Given,
    train: Given | None,
    *,
    metrics: Collection[str] = DEFAULT,
    features: str | None = None,
    weights: Mapping[str, Path] | None = None,
    k: int = 5,
    seed: int = 0,
) -> dict[str, Answer]:
    """Answer what the metrics say of FAKE against REAL, by name.

    Args:
        real: the reference.
        fake: what is scored.
        train: what FAKE's model saw, for measures of memorisation.
        metrics: names, as `genbench.metrics.catalogue.expand` returns them.
        features: the space to compare in, `none` for features as they are; by default `pixels` for images.
        weights: the user's files, by feature space.
        k: neighbours of precision, recall, density and coverage.
        seed: of every random draw.

    Raises:
        UsageError: the sides do not fit each other, the features or the metrics.
    """
    for each in (real, fake, train):
        if each is not None:
            _check_rows(each)
            _check_alike(real, each)
    space = open_space(features, real, weights or {})
    sides = Sides(real=space.of(real), fake=space.of(fake), k=k, seed=seed)
    scores = _measured(sides, space, fake, metrics)
    scores |= _remembered(sides, space, (train, real, fake), metrics)
    floors = _floors(sides, metrics)
    identities = {name: _identity(name, space, real, (len(real.rows), len(fake.rows)), k) for name in metrics}
    return {name: _answer(name, scores, floors, identities[name]) for name in metrics}


def open_space(features: str | None, real: Given, weights: Mapping[str, Path]) -> Space:
    """Return the space in which to compare rows like those of REAL.

    Raises:
        UsageError: the space is not installed or does not suit such rows.
    """
    name = features or ("pixels" if real.is_images else NONE)
    if name == NONE:
        if real.is_images:
            raise UsageError("--features none: got images, expected features [n, d]; use --features pixels")
        return Space(name=NONE, extractor=None)
    if not real.is_images:
        raise UsageError(f"--features {name}: got features [n, d], expected images; use --features none")
    from genbench.features import extractor, with_twins

    space, _, owner = name.partition(":")
    if space == "classifier" and not owner:
        raise UsageError("--features classifier: whose? give the data set too, as classifier:mnist")
    return Space(name=name, extractor=extractor(space, _described(real, owner), weights=with_twins(weights).get(space)))


def _described(real: Given, owner: str) -> DataRef:
    """Return rows as a data set, so far as extractors ask: by another's name where they have the same classes."""
    return DataRef(
        name=owner or "given",
        kind="image",
        shape=real.rows.shape[1:],
        classes=10 if owner else None,
        labelled=bool(owner),
        counts={"held_out": len(real.rows)},
        hash=real.hash,
    )


def _check_rows(given: Given) -> None:
    where = f"{given.role} {given.path}"
    if len(given.rows) < FEWEST:
        raise UsageError(f"{where}: got {len(given.rows)} row, expected at least {FEWEST}; give more rows")
    if not given.is_images and not np.isfinite(given.rows).all():
        bad = int((~np.isfinite(given.rows).all(axis=1)).sum())
        raise UsageError(f"{where}: got NaN or infinity in {bad} of {len(given.rows)} rows, expected finite features")


def _check_alike(real: Given, other: Given) -> None:
    if real.rows.shape[1:] != other.rows.shape[1:] or real.is_images != other.is_images:
        sides = [f"{each.role} {each.path} has rows {list(each.rows.shape[1:])}" for each in (real, other)]
        raise UsageError(f"rows do not fit: {', '.join(sides)}; expected the same shape, give both in one form")


def _measured(sides: Sides, space: Space, fake: Given, metrics: Collection[str]) -> Scores:
    scores = compare(sides, metrics) | describe(fake.rows, None, metrics)
    if "inception_score" in metrics and space.extractor is not None:
        scores |= inception_of(space.extractor, fake.rows)
    return scores | compare_by_plugins(sides, [name for name in metrics if name not in BUILT_IN])


def _remembered(
    sides: Sides, space: Space, given: tuple[Given | None, Given, Given], metrics: Collection[str]
) -> Scores:
    """Score against the train rows, where they were given."""
    train, real, fake = given
    if train is None or not set(AGAINST_TRAIN) & set(metrics):
        return {}
    scores = recall_train(sides, space.of(train), metrics, most=None)
    if set(COPIES) & set(metrics):
        scores |= unmask(train.rows, real.rows, fake.rows, seed=sides.seed, most=None)
    return scores


def _floors(sides: Sides, metrics: Collection[str]) -> Scores:
    order = np.random.default_rng(sides.seed).permutation(len(sides.real))
    half = len(order) // 2
    first, second = sides.real[np.sort(order[:half])], sides.real[np.sort(order[half : 2 * half])]
    return compare(Sides(real=first, fake=second, k=sides.k, seed=sides.seed), metrics)


def _answer(name: str, scores: Scores, floors: Scores, identity: Identity) -> Answer:
    score = scores.get(name) or Score(value=None, warnings=(_reason(name),))
    floor = floors.get(name)
    half = identity.model_copy(update={"n": (identity.n_real or identity.n) // 2, "n_real": None})
    return Answer(
        value=bool(score.value) if name == "copies" and score.value is not None else score.value,
        se=score.se,
        interval=score.interval,
        identity=identity,
        floor=None if floor is None else Floor(value=floor.value, identity=half, warnings=floor.warnings),
        warnings=score.warnings,
    )


def _reason(name: str) -> str:
    """Return why a measure has no score at all."""
    if name in AGAINST_TRAIN:
        return NO_TRAIN
    return NO_LOGITS if name == "inception_score" else f"{name} {NOT_FOR_ROWS}"


def _identity(name: str, space: Space, real: Given, rows: tuple[int, int], k: int) -> Identity:
    n_real, n_fake = rows
    return Identity(
        metric=name,
        n=n_fake,
        n_real=None if n_fake == n_real else n_real,
        split="given",
        data=real.hash,
        features=space.name,
        features_hash=space.hash,
        k=k if name in MANIFOLD else None,
    )
