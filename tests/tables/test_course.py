from __future__ import annotations

import pytest

from genbench.budget import Budget
from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.course import course


def _course(built, curves, **changes):
    records = []
    for name, own in curves.items():
        for seed, values in enumerate(own):
            measures = (*built.image_measures(values[-1]), *built.curve(values))
            shared, flops = changes.get("is_shared", False), changes.get(f"{name}_flops")
            spend = built.spend(seconds=changes.get(name, 12.0), is_shared=shared, flops=flops)
            budget = changes.get("budget", Budget(4800, "steps"))
            records.append(built.record(built.trial(name, seed, budget=budget), measures=measures, spend=spend))
    (block,) = blocks(records, {}, run="r")
    return course(block, columns(block))


def _five(*values):
    return [tuple(value * (1 + seed / 1000) for value in values) for seed in range(5)]


def test_who_leads_where(built):
    """Kills: the leader by the highest value, a change of lead put one mark too late."""
    sheet = _course(built, {"aaa": _five(10, 8, 7, 6), "bbb": _five(20, 9, 5, 4)}, is_shared=True)
    assert list(sheet.titles) == ["1200", "2400", "3600", "4800"]
    assert sheet.sentences[:-1] == ("aaa leads up to 2400 steps, bbb from 3600 steps.",)
    assert sheet.sentences[-1].startswith("How to read it: ")


def test_a_lead_that_comes_back(built):
    sheet = _course(built, {"aaa": _five(10, 8, 7, 3), "bbb": _five(20, 7, 5, 4)}, is_shared=True)
    assert sheet.sentences[0] == "aaa leads up to 1200 steps, bbb from 2400 to 3600 steps, aaa from 4800 steps."


def test_where_the_seeds_cannot_tell(built):
    close = [(10, 8 + 0.1 * seed, 5, 4) for seed in range(5)]
    other = [(20, 8.05 + 0.1 * seed, 6, 5) for seed in range(5)]
    sheet = _course(built, {"aaa": close, "bbb": other}, is_shared=True)
    assert sheet.sentences[0].endswith("; the seeds cannot tell first from second at 2400 steps.")


def test_currencies_that_disagree_are_told(built):
    """Kills: equal fractions taken for equal seconds (bbb is better at every mark, and four times slower); a sentence
    for a currency in which the same models lead.
    """
    curves = {"aaa": _five(10, 9.9, 9.8, 6), "bbb": _five(9, 8, 6, 5)}
    sheet = _course(built, curves, aaa=12.0, bbb=48.0, aaa_flops=1e9, bbb_flops=1e9)
    assert sheet.sentences[:3] == (
        "bbb leads throughout.",
        "At equal seconds (12.0 to 12.0) aaa leads throughout.",
        "The same lead in the same order at equal FLOPs.",
    )


def test_a_budget_in_seconds_is_compared_at_equal_examples(built):
    """Kills: the currency of the budget told twice, examples left out where batches are not what is equal."""
    curves = {"aaa": _five(10, 8, 7, 6), "bbb": _five(9, 7, 6, 5)}
    sheet = _course(built, curves, budget=Budget(30, "seconds"))
    assert "The same lead in the same order at equal examples." in sheet.sentences
    assert not [each for each in sheet.sentences if "equal seconds" in each]


def test_shared_seconds_are_used_for_nothing(built):
    curves = {"aaa": _five(10, 8, 7, 6), "bbb": _five(9, 7, 6, 5)}
    assert not [each for each in _course(built, curves, is_shared=True).sentences if "seconds" in each]


def test_a_budget_in_seconds_has_per_cent_for_columns(built):
    sheet = _course(built, {"aaa": _five(10, 8, 7, 6)}, budget=Budget(30, "seconds"))
    assert list(sheet.titles) == ["25 %", "50 %", "75 %", "100 %"]
    assert sheet.aside == "columns: % of 30s"


def test_a_trial_that_failed_later_still_counts_before(built):
    """Kills: photographs of a failed trial thrown away, or its last one carried to the end."""
    (block,) = blocks(built.images, {}, run="r")
    frame = course(block, columns(block)).frame
    assert frame.loc["gan", "1200"].status == "ok"
    assert frame.loc["gan", "3600"].status == frame.loc["gan", "4800"].status == "bound failed"


def test_one_mark_is_no_course(built):
    (block,) = blocks((built.record(measures=built.image_measures(9.0)),), {}, run="r")
    assert course(block, columns(block)) is None


@pytest.mark.parametrize("level", [5.0])
def test_level_models_have_no_leader(built, level):
    sheet = _course(built, {"aaa": [(level,) * 4], "bbb": [(level,) * 4]}, is_shared=True)
    assert [each for each in sheet.sentences if not each.startswith("How to read it")] == []
    assert sheet.leads == ()
