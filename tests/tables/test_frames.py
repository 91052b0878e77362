from __future__ import annotations

import statistics

import pytest

from genbench.tables.blocks import blocks
from genbench.tables.frames import long


@pytest.fixture
def frame(built):
    (block,) = blocks(built.images, built.references, run="r")
    return long(block)


def _line(frame, **wanted):
    (line,) = [each for each in frame.to_dict("records") if all(each[key] == value for key, value in wanted.items())]
    return line


def test_a_line_for_every_model_variant_measure_and_mark(frame):
    keys = ["model", "variant", "measure", "split", "mark"]
    assert not frame.duplicated(keys).any()
    assert (
        len(frame[(frame.measure == "fd:classifier") & (frame.model == "vae")]) == 5
    )  # held-out and four of validation


def test_statistics_count_failed_seeds_and_name_those_that_do_not(frame):
    """Kills: statistics of survivors under a plain name."""
    line = _line(frame, model="gan", variant="raw", measure="fd:classifier", split="held_out")
    good = [value for value in line["values"] if value is not None]
    assert (line["planned"], line["ok"], line["measured"], len(line["values"])) == (5, 4, 4, 5)
    assert line["median"] == sorted(good)[2]
    assert (line["low"], line["high"], line["bounds"]) == (min(good), None, "range")
    assert line["mean_of_measured"] == pytest.approx(statistics.fmean(good))
    assert line["deviation_of_measured"] == pytest.approx(statistics.stdev(good))
    assert (line["floor"], line["memoriser"], line["noise"]) == (1.1, 1.4, 215.0)
    assert line["floor_deviation"] == pytest.approx(0.077)


def test_marks_have_their_steps(frame):
    line = _line(frame, model="vae", variant="default", measure="fd:classifier", split="validation", mark=0.25)
    assert line["steps"] == 1200


def test_the_error_of_metric_sampling_is_apart(built):
    records = [
        built.record(built.trial("vae", seed), measures=(built.measure("kd", 0.02, se=se),))
        for seed, se in enumerate((0.001, 0.002, 0.009))
    ]
    (block,) = blocks(records, {}, run="r")
    assert long(block).sampling_error.tolist() == [0.002]


def test_nothing_measured_is_an_empty_frame(built):
    (block,) = blocks((built.record(status="OOM(host)"),), {}, run="r")
    assert long(block).empty


def test_the_middle_mean_is_of_planned_seeds_with_its_interval_from_six(built):
    """Kills: the middle of the survivors; an interval that few seeds cannot have."""
    trials = [built.trial("vae", seed) for seed in range(8)]
    records = [built.record(each, measures=(built.measure("fd", 10.0 + each.seed),)) for each in trials[:7]]
    records.append(built.record(trials[7], status="OOM(host)"))
    (block,) = blocks(records, {}, run="r")
    line = long(block).to_dict("records")[0]
    assert line["iqm"] == pytest.approx(13.5)  # of 10 to 16 and a failure: 12, 13, 14, 15
    assert line["iqm_low"] < 13.5
    (block,) = blocks(records[:5], {}, run="r")
    line = long(block).to_dict("records")[0]
    assert (line["iqm_low"], line["iqm_high"]) == (None, None)


def test_the_two_noises_are_in_the_measure_s_own_unit(built):
    records = [
        built.record(built.trial("vae", seed), measures=(built.measure("kd", value, se=1.2),))
        for seed, value in enumerate((8.0, 10.0, 12.0))
    ]
    (block,) = blocks(records, {}, run="r")
    line = long(block).to_dict("records")[0]
    assert line["seed_deviation"] == pytest.approx((4 - 1.44) ** 0.5)
    assert line["sampling_deviation"] == pytest.approx(1.2)


def test_ranks_are_of_headline_variants(built):
    """Kills: a rank for a second way to sample, whose training has one already."""
    (block,) = blocks(built.images, built.references, run="r")
    frame = long(block, {"gan": "1=", "vae": "1="})
    assert {(line.model, line.variant, line["rank"]) for _, line in frame.iterrows()} == {
        ("gan", "raw", "1="),
        ("gan", "ema", None),
        ("vae", "default", "1="),
    }
