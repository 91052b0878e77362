"""Measures of rows by kind of data, in the judge and in the floor."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from genbench.data import folder, naming
from genbench.data.dataset import Part, Raw
from genbench.evaluate import judge
from genbench.evaluate.controls import floor, memorised
from genbench.evaluate.kinds import score_rows
from genbench.evaluate.spaces import open_spaces
from genbench.messages import Places
from genbench.metrics.catalogue import CATALOGUE, standard
from genbench.refs import Scale
from genbench.table import Column, Table

COUNTS = {"train": 400, "validation": 100, "held_out": 150}
TABLE = Table(
    columns=(
        Column(name="mass", kind="number"),
        Column(name="sex", kind="category", categories=("f", "m")),
        Column(name="island", kind="category", categories=("x", "y", "z")),
    ),
    target="sex",
)
OF_TABLES = {"column_distance", "pair_distance", "c2st_trees", "tstr"}
OF_TOKENS = {*(f"ngram_distance_{size}" for size in (1, 2, 3, 4)), "distinct", "reference_bits", "bits_gap"}


def prepared(kind, draw, path, **known):
    """Write splits of `draw(count)` and state what is known of the rows besides."""
    parts = {split: Part(rows=draw(count)) for split, count in COUNTS.items()}
    raw = naming.stored(Raw(kind=kind, classes=8 if kind == "tokens" else None, **parts))
    found = folder.write(naming.refer(kind, raw), raw, path)
    return found.model_copy(update={"ref": found.ref.model_copy(update=known)})


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)

    def draw(count):
        sex = rng.integers(0, 2, count)
        island = np.minimum(sex + rng.integers(0, 2, count), 2)
        return np.stack([rng.normal(3000 + 1500 * sex, 300), sex, island], axis=1).astype(np.float32)

    data = prepared("points", draw, tmp_path_factory.mktemp("table"))
    train = data.rows("train")
    scale = Scale(mean=tuple(train.mean(axis=0).tolist()), deviation=tuple(train.std(axis=0).tolist()))
    return data.model_copy(update={"ref": data.ref.model_copy(update={"table": TABLE, "scale": scale})})


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    rng = np.random.default_rng(1)

    def draw(count):
        steps = rng.choice([1, 3], (count, 24), p=[0.8, 0.2])
        return (np.cumsum(steps, axis=1) + rng.integers(0, 8, (count, 1))) % 8

    return prepared("tokens", draw, tmp_path_factory.mktemp("text"))


def judged(data, features, sample_file, folder, rows, **fields):
    found = judge(Places(cache=folder), data, features, (sample_file(rows, **fields),))
    return {each.identity.metric: each for each in found}


def of_kind(found):
    return {each.metric for each in CATALOGUE if each.on not in ("any features", "rows")} & set(found)


def test_a_table_is_judged_by_its_columns(table, sample_file, tmp_path):
    """Kills: measures of another kind told of a table, reference and samples exchanged, copies sought among codes."""
    fresh = judged(table, ("columns",), sample_file, tmp_path, table.rows("validation"))
    copied = judged(table, ("columns",), sample_file, tmp_path, memorised(table, 150))
    assert of_kind(fresh) - {"copies", "ct", "near_share", "control_z", "control_share"} >= OF_TABLES
    assert not of_kind(fresh) & OF_TOKENS
    assert {fresh[name].identity.n for name in OF_TABLES} == {100}
    assert {fresh[name].identity.features for name in OF_TABLES} == {"columns"}
    assert (fresh["copies"].value, copied["copies"].value) == (0, 1)
    assert fresh["column_distance"].value < 0.15
    assert fresh["tstr"].value > 0.95


def test_text_is_judged_by_its_n_grams(text, sample_file, tmp_path):
    """Kills: a reference model that was fitted to train rows, by which copies are the best; copies not found."""
    fresh = judged(text, ("ngrams",), sample_file, tmp_path, text.rows("validation"))
    copied = judged(text, ("ngrams",), sample_file, tmp_path, memorised(text, 150))
    shuffled = judged(
        text, ("ngrams",), sample_file, tmp_path, np.random.default_rng(0).permuted(text.rows("train")[:150], axis=1)
    )
    assert of_kind(fresh) >= OF_TOKENS
    assert not of_kind(fresh) & OF_TABLES
    assert (fresh["copies"].value, copied["copies"].value, shuffled["copies"].value) == (0, 1, 0)
    assert copied["reference_bits"].value == pytest.approx(fresh["reference_bits"].value, abs=0.1)
    assert shuffled["bits_gap"].value > 1 > 10 * fresh["bits_gap"].value
    assert shuffled["ngram_distance_1"].value < 0.05 < 0.5 < shuffled["ngram_distance_2"].value


def test_marks_are_told_less_than_the_end(table, text, sample_file, tmp_path):
    """Kills: classifiers fitted at every mark; a headline that no mark has."""
    marks = judged(table, ("columns",), sample_file, tmp_path, table.rows("train")[:50], split="validation", mark=0.5)
    assert of_kind(marks) == {"column_distance", "pair_distance"}
    along = judged(text, ("ngrams",), sample_file, tmp_path, text.rows("train")[:50], split="validation", mark=0.5)
    assert of_kind(along) == OF_TOKENS


def test_the_floor_goes_the_same_way(table, text, tmp_path):
    """Kills: a floor that lacks what trials are told, or of other rows; the gap of real rows far from 0."""
    for data, features, names in ((table, "columns", OF_TABLES), (text, "ngrams", OF_TOKENS)):
        (space,) = open_spaces(Places(cache=tmp_path), data, (features,))
        wanted = names - {"c2st_trees"}  # 50 fits
        found = {each.identity.metric: each for each in floor(space, 150, "held_out", wanted)}
        assert of_kind(found) == wanted
        assert {each.identity.n for each in found.values()} == {150}
        assert all(found[name].se > 0 for name in wanted)
    assert found["bits_gap"].value < 0.05
    assert found["ngram_distance_4"].value > found["ngram_distance_1"].value


def test_what_is_not_wanted_is_not_computed(table, tmp_path, monkeypatch):
    """Kills: trees fitted at marks and thrown away."""
    monkeypatch.setattr("genbench.evaluate.kinds.c2st_trees", None)
    monkeypatch.setattr("genbench.evaluate.kinds.tstr", None)
    (space,) = open_spaces(Places(cache=tmp_path), table, ("columns",))
    scores = score_rows(space, table.rows("train")[:50], "validation", set(standard("marks")))
    assert set(scores) == {"column_distance", "pair_distance", "duplicates"}


def test_no_target_is_no_tstr(table, tmp_path):
    """Kills: a number of a column that nobody named."""
    aimless = table.ref.model_copy(update={"table": TABLE.model_copy(update={"target": None})})
    (space,) = open_spaces(Places(cache=tmp_path), table.model_copy(update={"ref": aimless}), ("columns",))
    assert set(score_rows(space, table.rows("train")[:50], "held_out", OF_TABLES - {"c2st_trees"})) == {
        "column_distance",
        "pair_distance",
    }


def test_classes_are_counted_by_the_word_of_the_space(digits):
    """Kills: labels of the held-out rows for shares, classes told in a space that has no classifier."""
    space = SimpleNamespace(
        is_raw=False, data=digits, extractor=SimpleNamespace(classes=lambda rows: np.arange(len(rows)) % 5)
    )
    rows = digits.rows("held_out")[:50]
    scores = score_rows(space, rows, "held_out", {"modes", "class_kl"})
    shares = np.bincount(digits.labels("train"), minlength=10)[:5] / digits.ref.counts["train"]
    assert scores["modes"].value == 5
    assert scores["class_kl"].value == pytest.approx(float(np.log(0.2 / shares).mean()))
    space.extractor = SimpleNamespace()
    assert score_rows(space, rows, "held_out", {"modes", "class_kl"}) == {}
