from __future__ import annotations

import pytest

from genbench.metrics.catalogue import standard
from genbench.table import Column, Table
from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.pages import pages


def _sheet(built, records=None, references=None, *, data="digits", name="quality"):
    records = built.images + built.points if records is None else records
    found = pages(records, built.references if references is None else references, run="r")
    page = next(page for page in found if page.data == data)
    return next(sheet for sheet in page.sheets if sheet.name == name)


def test_columns_of_images(built):
    sheet = _sheet(built)
    assert list(sheet.titles.values()) == [
        "rank",
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
    titles = ["rank", "ok", "modes ↑ of 8", "high-quality share ↑", "reverse KL ↓", "FD coordinates ↓"]
    assert list(sheet.titles.values()) == titles
    assert "perfect samples is .989" in sheet.sentences[-1]


KINDS = {
    "columns": (
        ("pair_distance", "column_distance", "c2st_trees", "tstr", "fd", "coverage", "copies", "duplicates"),
        "pair distance ↓|column distance ↓|C2ST trees ↓|TSTR ↑|FD columns ↓|coverage ↑|copies",
        "TSTR is the macro-F1 on real rows of sex as samples teach it",
        ["pair_distance", "column_distance"],
    ),
    "ngrams": (
        ("ngram_distance_1", "ngram_distance_4", "bits_gap", "reference_bits", "distinct", "fd", "coverage"),
        "4-gram distance ↓|bits gap ↓|reference bits|distinct 4-grams|FD ngrams ↓|coverage ↑",
        "may fall for repetition and rise for babble",
        ["ngram_distance_4", "bits_gap"],
    ),
    "classifier": (
        ("modes", "class_kl", "fd", "precision", "recall", "coverage", "kd"),
        "modes ↑ of 1000|class KL ↓|FD classifier ↓|precision ↑|recall ↑|coverage ↑",
        "by the word of a classifier of single digits",
        ["modes", "class_kl"],
    ),
}


@pytest.mark.parametrize("features", KINDS)
def test_columns_fit_the_kind_of_data(built, features):
    """Kills: measures of one kind shown for none, a direction of `reference_bits`, a headline that marks lack."""
    metrics, titles, said, ranking = KINDS[features]
    sex = Column(name="sex", kind="category", categories=("f", "m"))
    table = Table(columns=(sex,), target="sex") if features == "columns" else None
    data = built.DIGITS.model_copy(update={"classes": 1000, "table": table})
    trial = built.trial(data=data, features=("pixels", features))

    def told(metric, at, space=features):
        measure = built.measure(metric, at, data)
        return measure.model_copy(update={"identity": measure.identity.model_copy(update={"features": space})})

    measures = (*(told(metric, 0.5) for metric in metrics), told("fd", 3.0, "pixels"))
    records = [built.record(trial, measures=measures)]
    sheet = _sheet(built, records, {})
    assert list(sheet.titles.values()) == ["ok", *titles.split("|")]
    assert said in sheet.sentences[-1]
    (block,) = blocks(records, {}, run="r")
    chosen = columns(block)
    assert [column.name for column in chosen.ranking] == [f"{each}:{features}" for each in ranking]
    assert standard_at_marks(chosen.headline.name)


def standard_at_marks(name):
    return name.partition(":")[0] in standard("marks")


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
    assert {cell.first_line for cell in frame.loc["aaa"][2:]} == {"failed"}


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


def test_what_was_asked_for_and_what_only_a_plugin_measures_are_columns(built):
    """Kills: every measure a column, a third party's higher-better measure sorted upside down."""
    asked = [
        built.record(
            built.trial("vae", seed, metrics=("density", "swd")),
            measures=(
                *built.image_measures(9.0),
                built.measure("swd", 0.4),
                built.measure("sharpness", 0.5, better="higher"),
                built.measure("auth_pct", 60.0),
            ),
        )
        for seed in range(2)
    ]
    sheet = _sheet(built, asked, {})
    assert list(sheet.titles.values())[1:] == [
        "FD classifier ↓",
        "KD ↓",
        "precision ↑",
        "recall ↑",
        "coverage ↑",
        "density ↑",
        "SWD ↓",
        "sharpness ↑",
        "copies",
    ]
    assert "JSON and CSV besides hold auth_pct and duplicates." in sheet.sentences[-1]


def test_a_third_party_s_measure_ranks_the_way_that_it_says(built):
    """Kills: the direction of a plugin's measure taken from the catalogue alone."""
    records = [
        built.record(built.trial(name, seed), measures=(built.measure("sharpness", value + seed, better="higher"),))
        for name, value in (("aaa", 1.0), ("bbb", 9.0))
        for seed in range(3)
    ]
    assert list(_sheet(built, records, {}).frame.index) == ["bbb", "aaa"]


@pytest.mark.parametrize(("warning", "title"), [("unverified: run genbench doctor", " (unverified)"), ("few rows", "")])
def test_an_extractor_that_was_not_verified_is_named_in_the_title(built, warning, title):
    """Kills: any warning taken for that one; a warning of a control."""
    doubted = built.measure("fd", 9.0, warnings=(warning,))
    assert _sheet(built, [built.record(measures=(doubted,))], {}).titles["fd:classifier"] == f"FD classifier{title} ↓"


def test_ranks_are_shared_where_the_seeds_cannot_tell(built):
    """Kills: the place in the table as rank; a rank for every way to sample one training."""
    fds = {"aaa": 5.0, "bbb": 5.05, "ccc": 9.0}
    model = {name: built.model(name, variants=("raw", "ema")) for name in fds}
    records = [
        built.record(
            built.trial(name, seed, model=model[name]), measures=built.image_measures(fd + 0.1 * seed, variant="raw")
        )
        for name, fd in fds.items()
        for seed in range(5)
    ]
    frame = _sheet(built, records, {}).frame
    assert {label: cell.word for label, cell in frame["rank"].items() if cell.word} == {
        "aaa": "1=",
        "bbb": "1=",
        "ccc": "3",
    }


def test_a_model_for_other_kinds_of_data_is_a_row(built):
    """Kills: a pair that cannot be, missing in silence; shown with every data set."""
    found = pages(built.images + built.points, built.references, run="r", absent=[("tabular", "ring8")])
    rows = {page.data: page.sheets[0].frame for page in found}
    assert "tabular" not in rows["digits"].index
    assert list(rows["ring8"].index) == ["vae", "gan", "tabular", "· floor"]
    assert {cell.first_line for cell in rows["ring8"].loc["tabular"]} == {"", "n/a"}
