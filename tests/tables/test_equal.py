from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench import tables
from genbench.budget import Budget
from genbench.errors import ResultsError
from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.currencies import CURRENCIES
from genbench.tables.equal import _amounts, equal, equal_sheet


def _block(built, models, seeds=5, **changes):
    """Records of models given as {name: (curve, fields of spend)}; seeds differ by a thousandth."""
    records = []
    for name, (curve, spent) in models.items():
        for seed in range(seeds):
            values = tuple(value * (1 + seed / 1000) for value in curve)
            measures = (*built.image_measures(values[-1]), *built.curve(values))
            trial = built.trial(name, seed, model=built.model(name, batch_size=spent.pop("batch", 128)), **changes)
            records.append(built.record(trial, measures=measures, spend=built.spend(**spent)))
    (block,) = blocks(records, {}, run="r")
    return block


def _equal(built, currency, models, **changes):
    block = _block(built, models, **changes)
    return equal(block, columns(block).headline, currency)


def _sheet(built, currency, models, **changes):
    block = _block(built, models, **changes)
    return equal_sheet(block, columns(block).headline, currency)


CHEAP, DEAR = (10.0, 8.0, 7.0, 6.0), (9.0, 6.5, 5.5, 5.0)


def test_a_lead_that_a_currency_turns_round(built):
    """Kills: equal fractions taken for equal spend: bbb is better at every mark, and pays four times as much."""
    models = {"aaa": (CHEAP, {"flops": 1e12}), "bbb": (DEAR, {"flops": 4e12})}
    assert _sheet(built, "examples", models).sentences[0] == "At equal examples bbb leads throughout."
    sheet = _sheet(built, "flops", models)
    assert sheet.sentences[0] == "At equal FLOPs aaa leads throughout."
    assert [each.leader for each in sheet.leads] == ["aaa"]


def test_never_beyond_the_smallest_spend_and_never_before_the_last_first_mark(built):
    """Kills: extrapolation past the cheap model's end or before the dear one's first mark."""
    models = {"aaa": (CHEAP, {"flops": 3e12}), "bbb": (DEAR, {"flops": 4e12})}
    amounts = _equal(built, "flops", models).amounts
    assert (amounts[0], amounts[-1]) == (1e12, 3e12)
    assert len(amounts) == 6


def test_the_slowest_seed_sets_the_first_place_and_the_fastest_the_last(built):
    """Kills: medians of seconds, which let a seed be read where it never was."""
    records = []
    for name, curve in (("aaa", CHEAP), ("bbb", DEAR)):
        for seed in range(5):
            measures = (*built.image_measures(curve[-1]), *built.curve(curve))
            spend = built.spend(seconds=10.0 + seed)
            records.append(built.record(built.trial(name, seed), measures=measures, spend=spend))
    (block,) = blocks(records, {}, run="r")
    found = equal(block, columns(block).headline, "seconds")
    assert (found.amounts[0], found.amounts[-1]) == (14 * 0.25, 10.0)
    assert not any(math.isnan(value) for place in found.places for own in place.found.values() for value in own)


def test_values_at_marks_are_those_of_the_marks(built):
    found = _equal(built, "examples", {"aaa": (CHEAP, {})}, seeds=1)
    assert found.places[0].found["aaa"] == pytest.approx((10.0,))
    assert found.places[-1].found["aaa"] == pytest.approx((6.0,))
    between = [place.found["aaa"][0] for place in found.places]
    assert between == sorted(between, reverse=True)


def test_flops_at_a_mark_follow_the_examples(built):
    """Kills: FLOPs by seconds or by updates; a model that returned early charged for the whole budget."""
    early = {"flops": 1e12, "steps": 2400, "examples": 307_200}
    records = [
        built.record(
            built.trial("aaa", 0),
            measures=(*built.image_measures(6.0), *built.curve(CHEAP[:2])),
            spend=built.spend(**early),
        )
    ]
    records[0] = records[0].model_copy(update={"measures": (*records[0].measures, *built.curve((0, 0, 0, 6.0))[3:])})
    (block,) = blocks(records, {}, run="r")
    found = equal(block, columns(block).headline, "flops")
    assert (found.amounts[0], found.amounts[-1]) == (0.5e12, 1e12)


def test_unequal_batches_are_compared_at_equal_examples(built):
    """Kills: steps taken for examples."""
    budget = Budget(614_400, "examples")
    models = {"aaa": (CHEAP, {}), "bbb": (DEAR, {})}
    records = []
    for name, batch in (("aaa", 128), ("bbb", 64)):
        curve = models[name][0]
        trial = built.trial(name, model=built.model(name, batch_size=batch), budget=budget)
        records.append(built.record(trial, measures=(*built.image_measures(curve[-1]), *built.curve(curve))))
    (block,) = blocks(records, {}, run="r")
    amounts = equal(block, columns(block).headline, "examples").amounts
    assert (amounts[0], amounts[-1]) == (1200 * 128, 4800 * 64)


def test_updates_are_those_of_all_networks_that_were_seen(built):
    """Kills: unobserved as 0 updates in silence; only one network counted."""
    updates = {"critic": 4800, "generator": 960, "ema": "unobserved"}
    sheet = _sheet(built, "updates", {"aaa": (CHEAP, {"updates": updates}), "bbb": (DEAR, {"updates": updates})})
    assert list(sheet.titles)[-1] == "5760"
    assert sheet.sentences[1] == "Updates leave out ema of aaa and ema of bbb: no optimiser was seen to step them."


@pytest.mark.parametrize(
    ("currency", "spent", "reason"),
    [
        ("seconds", {"is_shared": True}, "run again with --workers 1, or a budget in seconds"),
        ("energy", {"is_shared": True, "joules": 5.0}, "the machine was shared"),
        ("energy", {}, "the device did not count its energy (aaa)"),
        ("flops", {"flops": None}, "run without --no-probe (aaa)"),
        ("updates", {"updates": {"net": "unobserved"}}, "no optimiser's steps were seen (aaa)"),
    ],
)
def test_what_cannot_be_told_says_why(built, currency, spent, reason):
    """Kills: a table of shared seconds or energy, a currency of which nothing is known shown as 0."""
    sheet = _sheet(built, currency, {"aaa": (CHEAP, spent)})
    assert sheet.frame.empty
    assert (
        f"Quality at equal {'joules' if currency == 'energy' else currency if currency != 'flops' else 'FLOPs'}"
        in sheet.title
    )
    assert reason in sheet.title


def test_spends_that_do_not_meet(built):
    models = {"aaa": (CHEAP, {"flops": 1e12}), "bbb": (DEAR, {"flops": 9e12})}
    assert (
        "a model ends at 1 T FLOPs, before another has its first mark at 2.25 T" in _sheet(built, "flops", models).title
    )


def test_energy_where_it_was_counted(built):
    models = {"aaa": (CHEAP, {"joules": 100.0}), "bbb": (DEAR, {"joules": 100.0})}
    sheet = _sheet(built, "energy", models)
    assert sheet.sentences[0] == "At equal joules bbb leads throughout."
    assert [*sheet.titles][0 :: len(sheet.titles) - 1] == ["25", "100"]


def test_a_seed_that_failed_is_worst_after_its_last_photograph(built):
    """Kills: a failed seed's last value carried to the end, or its photographs thrown away."""
    (block,) = blocks(built.images, {}, run="r")
    frame = equal_sheet(block, columns(block).headline, "examples").frame
    assert frame.loc["gan"].iloc[0].status == "ok"
    assert frame.loc["gan"].iloc[-1].status == "bound failed"


def test_one_mark_is_no_curve(built):
    (block,) = blocks((built.record(measures=built.image_measures(9.0)),), {}, run="r")
    assert "run with --marks" in equal_sheet(block, columns(block).headline, "flops").title


def test_only_what_was_asked_for_is_printed(built):
    text = tables.text(built.images, built.references, run="r", by=("flops", "energy"))
    assert "Quality at equal FLOPs" in text
    assert "the device did not count its energy" in text
    assert "Stability" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_nothing_to_tell_is_an_error(built):
    with pytest.raises(ResultsError, match="the device did not count its energy"):
        tables.text(built.images, built.references, run="r", by=("energy",))


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_every_format_has_the_table(built, form):
    made = getattr(tables, form)(built.images, built.references, run="r", by=CURRENCIES)
    if form == "json":
        sheet = json.loads(made)["blocks"][0]["sheets"][1]
        assert sheet["name"] == "equal_flops"
        assert {each["leader"] for each in sheet["leads"]} == {"vae", "gan"}
    else:
        assert ("equal_flops:85000000000" if form == "csv" else "Quality at equal FLOPs") in made


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e15), st.floats(1.0, 1e6))
def test_amounts_lie_between_their_ends(start, ratio):
    """Kills: a rounded amount beyond the smallest spend."""
    end = start * ratio
    amounts = _amounts(start, end)
    assert amounts[-1] == end
    assert all(start <= amount <= end for amount in amounts)
    assert list(amounts) == sorted(set(amounts))
