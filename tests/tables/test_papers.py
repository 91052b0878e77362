from __future__ import annotations

import json

from genbench import tables
from genbench.tables.papers import HEADING


def _with_papers(built, fds):
    records = []
    for name, fd in fds.items():
        for seed in range(2):
            against_train = built.measure("fd", fd + seed, split="train", n=50_000, digest="1nce")
            measures = (*built.image_measures(9.0 + seed), *built.curve((30, 20, 10, 9)), against_train)
            records.append(built.record(built.trial(name, seed), measures=measures))
    return records


def _pages(built, records):
    (page,) = tables.pages(tuple(records), built.references, run="r")
    return {sheet.name: sheet for sheet in page.sheets}, page


def test_numbers_against_train_rows_are_a_sheet_apart(built):
    """Kills: the papers' numbers in a column of the quality table, or under another heading."""
    sheets, _ = _pages(built, _with_papers(built, {"aaa": 3.0, "bbb": 5.0}))
    assert (
        sheets["papers"].title
        == HEADING
        == (
            "For comparison with papers; blind to memorisation "
            "(fid50k-train: Inception weights, 50k samples against the train rows)"
        )
    )
    assert sheets["papers"].frame.loc["aaa", "fd:classifier"].lines == ("3.50", "[3.00, 4.00]")
    assert "fd@50000:classifier (1nce)" in sheets["papers"].sentences[-1]
    assert sheets["quality"].frame.loc["aaa", "fd:classifier"].value == 9.5
    assert list(_pages(built, built.images)[0]) == ["quality", "course", "stability", "throughput", "spend"]


def test_they_enter_no_ranking_and_no_verdict(built):
    """Kills: a ranking or a verdict by the convention that rewards copying."""
    ours, page = _pages(built, _with_papers(built, {"aaa": 9.0, "bbb": 1.0}))
    without, plain_page = _pages(built, _with_papers(built, {"aaa": 1.0, "bbb": 9.0}))
    assert list(ours["papers"].frame.index) == list(without["papers"].frame.index) == ["aaa", "bbb"]
    assert page.facts["comparisons"] == plain_page.facts["comparisons"]
    for name in ("quality", "course", "stability"):
        assert ours[name].sentences == without[name].sentences


def test_they_are_in_the_json_with_their_split(built):
    text = tables.json(tuple(_with_papers(built, {"aaa": 3.0})), built.references, run="r")
    lines = json.loads(text)["blocks"][0]["measures"]
    assert [each["median"] for each in lines if each["split"] == "train"] == [3.5]


def test_controls_stand_beside_them_where_they_were_measured(built):
    """Kills: the memoriser left out, which wins by this convention."""
    wins = built.measure("fd", 0.4, split="train", n=50_000, digest="1nce")
    reference = built.references["digits"]
    known = reference.measures | {"memoriser": (*reference.measures["memoriser"], wins)}
    changed = {"digits": reference.model_copy(update={"measures": known})}
    (page,) = tables.pages(tuple(_with_papers(built, {"aaa": 3.0})), changed, run="r")
    frame = next(sheet for sheet in page.sheets if sheet.name == "papers").frame
    assert list(frame.index) == ["aaa", "· memoriser"]


def test_nothing_else_was_measured(built):
    only = built.record(measures=(built.measure("fd", 3.0, split="train"),))
    text = tables.text((only,), {}, run="r")
    assert "For comparison with papers" in text
    assert "Sample quality" not in text
