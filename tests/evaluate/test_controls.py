"""The floor and the two controls."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data import folder, naming
from genbench.data.dataset import Part, Raw
from genbench.evaluate import reference
from genbench.evaluate.controls import DRAWS, floor, memorised, noise
from genbench.evaluate.spaces import open_spaces
from genbench.messages import Places
from genbench.metrics.catalogue import CATALOGUE, standard
from genbench.metrics.frechet import fd
from genbench.metrics.score import Score
from genbench.table import Column, Table


@pytest.fixture(scope="module")
def known(digits, tmp_path_factory):
    places = Places(cache=tmp_path_factory.mktemp("cache"))
    return reference(places, digits, ("pixels", "classifier"), {"held_out": 500, "validation": 200})


def at(found, role, split="held_out"):
    measures = [each for each in found.measures[role] if each.identity.split == split]
    return {f"{each.identity.metric}:{each.identity.features}": each for each in measures}


def of_points(points, folder):
    return reference(Places(cache=folder), points, ("coordinates",), {"held_out": 300, "validation": 100})


def test_the_controls_stand_where_they_should(known):
    """Planted bugs: noise that is not uniform over all bytes; a memoriser of held-out rows; controls exchanged."""
    low, noisy, copied = (at(known, role) for role in ("floor", "noise", "memoriser"))
    for space in ("pixels", "classifier"):
        assert noisy[f"fd:{space}"].value > 30 * low[f"fd:{space}"].value
        assert copied[f"fd:{space}"].value < 2 * low[f"fd:{space}"].value
        assert noisy[f"recall:{space}"].value < 0.1
        assert copied[f"coverage:{space}"].value > 0.9
        assert low[f"precision:{space}"].value > 0.9
    assert (noisy["copies:pixels"].value, copied["copies:pixels"].value) == (0, 1)
    assert copied["ct:pixels"].value < -20
    assert 0.1 < copied["duplicates:pixels"].value < 0.3


def test_the_floor_tells_nothing_of_copies(known):
    """Train rows are copies of train rows."""
    assert not any(name.startswith(("copies", "ct", "near_share")) for name in at(known, "floor"))
    assert at(known, "floor")["duplicates:pixels"].value < 0.01


def test_the_floor_has_the_identity_of_what_it_is_shown_beside(known, digits):
    """Planted bug: a floor of another n or split."""
    for role in ("floor", "noise", "memoriser"):
        for each in at(known, role).values():
            assert (each.identity.n, each.identity.data) == (500, digits.ref.hash)


def test_the_floor_of_the_marks_is_of_their_rows_and_no_control_is(known, digits, tmp_path):
    """Planted bugs: marks compared with the floor of the end, whose N is another; collapse judged by it."""
    (space,) = open_spaces(Places(cache=tmp_path), digits, ("pixels",))
    marks = at(known, "floor", "validation")
    assert {each.identity.n for each in marks.values()} == {200}
    assert marks["fd:pixels"].value > at(known, "floor")["fd:pixels"].value
    of_images = {entry.metric for entry in CATALOGUE if entry.on in ("any features", "rows")}
    assert {name.partition(":")[0] for name in marks} == {*standard("marks")} & of_images
    assert not at(known, "noise", "validation") and not at(known, "memoriser", "validation")
    assert fd(space.real("validation", 200), space.real("held_out", 200)).value > 0


def test_the_floor_is_mean_and_deviation_of_ten_draws(digits, tmp_path, monkeypatch):
    """Planted bugs: the standard error in place of the deviation; ten times the same draw; train against train."""
    (space,) = open_spaces(Places(cache=tmp_path), digits, ("pixels",))
    drawn = []

    def record(sides, wanted):
        drawn.append((sides.real, sides.fake))
        return {"fd": fd(sides.real, sides.fake)}

    monkeypatch.setattr("genbench.evaluate.controls.compare", record)
    measure = next(each for each in floor(space, 200, "held_out", {"fd"}) if each.identity.metric == "fd")
    values = [fd(real, fake).value for real, fake in drawn]
    assert len(values) == DRAWS
    assert len(set(values)) == DRAWS
    assert measure.value == pytest.approx(np.mean(values))
    assert measure.se == pytest.approx(np.std(values, ddof=1))
    train = {row.tobytes() for row in space.of(digits.rows("train"))}
    for real, fake in drawn:
        np.testing.assert_array_equal(real, space.of(digits.rows("held_out")[:200]))
        assert {row.tobytes() for row in fake} <= train
        assert len({row.tobytes() for row in fake}) > 190


def test_noise_covers_every_byte_and_the_bounding_box(digits, points):
    """Planted bug: noise of an open upper end, which never reaches 255; a box around zero."""
    grey = noise(digits, 500)
    assert (grey.dtype, grey.shape) == (np.uint8, (500, 1, 8, 8))
    assert (grey.min(), grey.max()) == (0, 255)
    assert abs(grey.mean() - 127.5) < 2
    box, train = noise(points, 4000), points.rows("train")
    assert box.dtype == np.float32
    np.testing.assert_allclose(box.min(axis=0), train.min(axis=0), atol=0.05)
    np.testing.assert_allclose(box.max(axis=0), train.max(axis=0), atol=0.05)
    assert abs(box.mean() - (train.min(axis=0) + train.max(axis=0)).mean() / 2) < 0.3


def test_noise_of_tokens_is_uniform_over_the_alphabet(tmp_path):
    """Planted bug: tokens drawn as floats of a box, or only those that train has."""
    part = Part(rows=np.zeros((20, 4), np.int64))
    raw = Raw(kind="tokens", train=part, validation=part, held_out=part, classes=5)
    rows = noise(folder.write(naming.refer("words", raw), raw, tmp_path), 2000)
    assert (rows.dtype, rows.shape) == (np.int64, (2000, 4))
    assert np.bincount(rows.ravel(), minlength=5) / rows.size == pytest.approx(0.2, abs=0.02)
    assert rows.max() == 4


def test_noise_of_a_table_is_a_table(tmp_path):
    """Planted bugs: fractions of a category or of a leg; categories that train lacks left out; an end left out."""
    columns = (
        Column(name="colour", kind="category", categories=("blue", "green", "red")),
        Column(name="legs", kind="integer"),
        Column(name="weight", kind="number"),
    )
    part = Part(rows=np.array([[0, 2, 1.5], [1, 4, 2.5]], np.float32))
    raw = Raw(kind="points", train=part, validation=part, held_out=part, table=Table(columns=columns))
    rows = noise(folder.write(naming.refer("beasts", raw), raw, tmp_path), 2000)
    assert (rows.dtype, rows.shape) == (np.float32, (2000, 3))
    for column, values in ((0, [0, 1, 2]), (1, [2, 3, 4])):
        found, counts = np.unique(rows[:, column], return_counts=True)
        assert found.tolist() == values
        assert counts / 2000 == pytest.approx(1 / 3, abs=0.05)
    assert (rows[:, 2].min(), rows[:, 2].max()) == (pytest.approx(1.5, abs=0.01), pytest.approx(2.5, abs=0.01))


def test_the_memoriser_repeats_train_rows(digits):
    """Planted bug: draws without replacement, which hide its repeats."""
    rows = memorised(digits, 500)
    train = {row.tobytes() for row in digits.rows("train")}
    distinct = {row.tobytes() for row in rows}
    assert distinct <= train
    assert 350 < len(distinct) < 430  # 997 (1 - exp(-500/997)) = 393


def test_points_have_modes_and_controls_too(points, tmp_path):
    """Planted bug: noise as good as the data, by a box of the wrong units."""
    found = of_points(points, tmp_path)
    low, noisy, copied = (at(found, role) for role in ("floor", "noise", "memoriser"))
    assert low["modes:coordinates"].value == 3
    assert low["hq_share:coordinates"].value == pytest.approx(0.989, abs=0.01)
    assert noisy["hq_share:coordinates"].value < 0.5
    assert (noisy["copies:coordinates"].value, copied["copies:coordinates"].value) == (0, 1)
    assert noisy["density:coordinates"].value < 0.5 < 0.8 < low["density:coordinates"].value


def test_a_reference_repeats_itself(points, tmp_path):
    """Planted bug: a generator without a seed."""
    first = of_points(points, tmp_path / "a")
    np.random.seed(7)
    assert of_points(points, tmp_path / "b") == first


def test_fewer_train_rows_than_held_out_rows_give_a_reason(points, tmp_path):
    """Planted bug: a floor of fewer rows under the name of more."""
    np.save(points.folder / "train" / "rows.npy", points.rows("train")[:100])
    found = at(of_points(points, tmp_path), "floor")
    assert found["fd:coordinates"].value is None
    assert "100 rows, fewer than the 300" in found["fd:coordinates"].warnings[0]


def test_one_draw_that_fails_withholds_the_mean(points, tmp_path, monkeypatch):
    """Planted bug: a mean over the draws that went well."""
    scores = iter([Score(value=1.0)] * 9 + [Score(value=None, warnings=("why",))])
    monkeypatch.setattr("genbench.evaluate.controls.compare", lambda sides, wanted: {"fd": next(scores)})
    (space,) = open_spaces(Places(cache=tmp_path), points, ("coordinates",))
    measure = next(each for each in floor(space, 50, "held_out", {"fd"}) if each.identity.metric == "fd")
    assert (measure.value, measure.warnings) == (None, ("why",))
