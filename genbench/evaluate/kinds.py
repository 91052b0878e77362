"""What is told of rows as rows: on their own, by the classes they are taken for, by what fits their kind of data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.evaluate.scores import SEED, Scores, attempt, describe
from genbench.metrics.catalogue import FAMILIES
from genbench.metrics.classes import class_shares
from genbench.metrics.tabular import column_distance, pair_distance, tstr
from genbench.metrics.textual import NGrams, bits_gap, distinct, ngram_distance, reference_bits
from genbench.metrics.trees import c2st_trees

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from genbench.evaluate.spaces import Space
    from genbench.record import Prepared
    from genbench.refs import Split
    from genbench.table import Table

    Rows = NDArray[Any]
    Groups = dict[tuple[str, ...], Callable[[], Scores]]

CLASSES = ("modes", "class_kl")
NGRAM_DISTANCES = FAMILIES["ngram_distance"]
BITS = ("reference_bits", "bits_gap")
SCORED = 5000  # train rows at most, whose bits are those that samples should have


def score_rows(space: Space, rows: Rows, split: Split, wanted: Collection[str]) -> Scores:
    """Score rows of samples beside as many of a split, so far as the space is where such measures are told.

    Models, floors and controls take this one way, so that their numbers have one meaning.

    Args:
        space: with its data set.
        rows: of samples, as the data set stores them.
        split: of the real rows.
        wanted: names of measures.
    """
    groups = _by_class(space, rows)
    scores: Scores = {}
    if space.is_raw:
        scores |= describe(rows, space.data.ref.mixture, wanted)
        groups |= _by_kind(space.data, space.data.rows(split)[: len(rows)], rows)
    for names, compute in groups.items():
        if any(name in wanted for name in names):
            scores |= {name: score for name, score in attempt(names, compute).items() if name in wanted}
    return scores


def _by_class(space: Space, rows: Rows) -> Groups:
    """Return what a classifier's word is measured by, where the space has one and the data have labels."""
    classes, labels = getattr(space.extractor, "classes", None), space.data.labels("train")
    if classes is None or labels is None:
        return {}
    counts = np.bincount(labels, minlength=space.data.ref.classes or 0)
    return {CLASSES: lambda: class_shares(classes(rows), counts)}


def _by_kind(data: Prepared, real: Rows, fake: Rows) -> Groups:
    if data.ref.table is not None:
        return _of_tables(data.ref.table, real, fake)
    return _of_tokens(data, real, fake) if data.ref.kind == "tokens" else {}


def _of_tables(table: Table, real: Rows, fake: Rows) -> Groups:
    groups: Groups = {
        ("column_distance",): lambda: {"column_distance": column_distance(real, fake, table)},
        ("pair_distance",): lambda: {"pair_distance": pair_distance(real, fake, table)},
        ("c2st_trees",): lambda: {"c2st_trees": c2st_trees(real, fake, table, rng=np.random.default_rng(SEED))},
    }
    learnt: Groups = {("tstr",): lambda: {"tstr": tstr(real, fake, table)}}
    return groups | (learnt if table.target is not None else {})


def _drawn(data: Prepared) -> Rows:
    """Return train rows, always the same: what a perfect sampler's would be like."""
    train = data.rows("train")
    chosen = np.random.default_rng(SEED).choice(len(train), min(SCORED, len(train)), replace=False)
    return np.asarray(train[np.sort(chosen)])


def _of_tokens(data: Prepared, real: Rows, fake: Rows) -> Groups:
    """Return what text is measured by; the reference model reads the real rows, which no trial and no floor is made of.

    So samples are never scored by what their model saw, and real rows are scored where it is fair: those of training.
    """
    vocabulary = data.ref.classes or 0

    def distances() -> Scores:
        sizes = enumerate(NGRAM_DISTANCES, start=1)
        return {name: ngram_distance(real, fake, size, vocabulary=vocabulary) for size, name in sizes}

    def bits() -> Scores:
        model = NGrams.fitted(real, vocabulary=vocabulary)
        theirs, ours = (reference_bits(model, rows) for rows in (fake, _drawn(data)))
        return {"reference_bits": theirs, "bits_gap": bits_gap(ours, theirs)}

    return {
        NGRAM_DISTANCES: distances,
        ("distinct",): lambda: {"distinct": distinct(fake, vocabulary=vocabulary)},
        BITS: bits,
    }
