from __future__ import annotations

import pytest

from genbench.tables.pages import pages


def _sheet(built, records=None, references=None, *, data="digits", name="quality"):
    records = built.images + built.points if records is None else records
    found = pages(records, built.references if references is None else references, run="r")
    page = next(page for page in found if page.data == data)
    return next(sheet for sheet in page.sheets if sheet.name == name)


def test_columns_of_images(built):
    sheet = _sheet(built)
    assert list(sheet.titles.values()) == [
        "ok",
        "FD classifier ↓",
        "KD ↓",
        "precision ↑",
        "recall ↑",
        "coverage ↑",
        "copies",
    ]
    assert sheet.title == "Sample quality against held-out (N 500)"


def test_columns_of_points(built):
    sheet = _sheet(built, data="ring8")
    titles = ["ok", "modes ↑ of 8", "high-quality share ↑", "reverse KL ↓", "FD coordinates ↓"]
    assert list(sheet.titles.values()) == titles
    assert "perfect samples is .989" in sheet.sentences[-1]


def test_pixels_decide_where_there_is_no_classifier(built):
    measure = built.measure("fd", 9.0)
    pixels = measure.model_copy(update={"identity": measure.identity.model_copy(update={"features": "pixels"})})
    assert _sheet(built, [built.record(measures=(pixels,))], {}).titles["fd:pixels"] == "FD pixels ↓"


def test_best_first_and_controls_last(built):
    """Kills: a sort by label, by the wrong end, or of failed rows first."""
    assert list(_sheet(built).frame.index) == ["gan ema", "gan", "vae", "· floor", "· memoriser", "· noise"]
    assert list(_sheet(built, data="ring8").frame.index) == ["vae", "gan", "· floor"]


def test_a_model_that_failed_everywhere_is_a_row_at_the_end(built):
    crashed = [
        built.record(built.trial("aaa", seed), status="CRASHED(SIGSEGV)", spend=None, message="gone")
        for seed in range(5)
    ]
    frame = _sheet(built, (*built.images, *crashed)).frame
    assert list(frame.index)[:4] == ["gan ema", "gan", "vae", "aaa"]
    assert frame.loc["aaa", "ok"].word == "0/5"
    assert {cell.first_line for cell in frame.loc["aaa"][1:]} == {"failed"}


def test_failed_seeds_are_in_the_cell(built):
    """Kills: 4/4 in the ok column, a range of the survivors."""
    frame = _sheet(built).frame
    assert frame.loc["gan", "ok"].word == "4/5"
    assert frame.loc["gan", "fd:classifier"].lines[1].endswith(", fail]")
    assert frame.loc["gan", "recall:classifier"].lines[1].startswith("[fail, ")


@pytest.mark.parametrize(("copying", "word"), [((0, 0, 0), "no"), ((1, 1, 1), "YES"), ((1, 0, 1), "2 of 3")])
def test_copies_are_counted(built, copying, word):
    """Kills: a median of yes and no."""
    records = [
        built.record(built.trial("vae", seed), measures=built.image_measures(9.0, copying=float(value)))
        for seed, value in enumerate(copying)
    ]
    assert _sheet(built, records).frame.loc["vae", "copies:pixels"].word == word


def test_without_a_reference_the_table_says_so(built):
    sheet = _sheet(built, references={})
    assert "no floor and no controls" in sheet.sentences[-1]
    assert not [label for label in sheet.frame.index if label.startswith("·")]


def test_variants_that_look_alike_stay_two_rows(built):
    model = built.model("vae", variants=("raw", "ema", "ema\u200b"))
    measures = [built.measure("fd", 9.0 + index, variant=name) for index, name in enumerate(model.variants)]
    sheet = _sheet(built, [built.record(built.trial(model=model), measures=tuple(measures))], {})
    assert len(sheet.frame.index) == 3


def test_a_measure_that_only_a_plugin_knows_is_a_column(built):
    sheet = _sheet(built, [built.record(measures=(built.measure("sharpness", 0.5),))], {})
    assert sheet.titles["sharpness:classifier"] == "sharpness ↓"


def test_every_table_keeps_the_order_of_the_first(built):
    for name in ("course", "stability", "throughput", "spend"):
        assert list(_sheet(built, name=name).frame.index) == ["gan", "vae"]


def test_a_seed_that_never_ran_is_planned_all_the_same(built):
    """Kills: 1/1 for a model whose other seed has no record."""
    records = [built.record(built.trial("vae", seed), measures=built.image_measures(9.0)) for seed in (0, 1)]
    records.append(built.record(built.trial("gan", 0), measures=built.image_measures(8.0)))
    frame = _sheet(built, records).frame
    assert frame.loc["gan", "ok"].word == "1/2"
    assert frame.loc["gan", "fd:classifier"].first_line == "failed"
