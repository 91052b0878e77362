from __future__ import annotations

import math

import pytest

from genbench.tables.blocks import blocks
from genbench.tables.columns import column
from genbench.tables.seeds import cell, control, median, values, what_a_cell_is

FD, RECALL = column("fd:classifier"), column("recall:classifier")
NAN = math.nan


def test_failed_seeds_rank_worst_in_both_directions():
    """Kills: a mean or median over survivors (9.0 and .6 here), the worst on the wrong side where higher is better."""
    low = cell([8.0, 9.0, 10.0, NAN, NAN], FD, has_failed=False)
    assert (low.value, low.low, low.high, low.status) == (10.0, 8.0, None, "bound failed")
    high = cell([0.5, 0.6, 0.7, NAN, NAN], RECALL, has_failed=False)
    assert (high.value, high.low, high.high) == (0.5, None, 0.7)


def test_a_median_on_a_failed_seed_is_failed():
    """Kills: a median that skips NaN."""
    made = cell([8.0, 9.0, NAN, NAN, NAN], FD, has_failed=False)
    assert (made.value, made.status, made.first_line) == (None, "failed", "failed")


def test_an_even_number_of_seeds_with_half_failed_is_failed():
    """Kills: the lower of the two middle values taken as the median."""
    assert cell([8.0, 9.0, NAN, NAN], FD, has_failed=False).status == "failed"


def test_what_nobody_measured_is_no_failure():
    assert cell([NAN, NAN], FD, has_failed=False).status == "not measured"
    assert cell([NAN, NAN], FD, has_failed=True).status == "failed"


def test_one_seed_has_no_bounds():
    assert cell([3.0], FD, has_failed=False).lines == ("3.00",)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 seed: nothing is known of the spread"),
        (5, "median [range of 5 seeds]"),
        (6, "median [95 % interval of 6 seeds]"),
    ],
)
def test_what_a_cell_is(count, said):
    assert what_a_cell_is(count) == said


def test_a_seed_without_a_record_counts(built):
    records = [built.record(built.trial("vae", seed), measures=built.image_measures(9.0)) for seed in (0, 2)]
    other = built.record(built.trial("gan", 1), measures=built.image_measures(9.0))
    (block,) = blocks((*records, other), {}, run="r")
    assert [value == value for value in values(block, block.rows[1], "fd:classifier")] == [True, False, True]


def test_a_trial_over_budget_counts_as_failed_at_the_end_and_not_before(built):
    measures = (*built.image_measures(9.0), *built.curve((30.0, 20.0, 10.0, 9.0)))
    (block,) = blocks((built.record(status="OVER_BUDGET", measures=measures),), {}, run="r")
    row = block.rows[0]
    assert math.isnan(values(block, row, "fd:classifier")[0])
    assert values(block, row, "fd:classifier", split="validation", mark=0.5) == (20.0,)


def test_a_number_that_is_not_finite_counts_as_failed(built):
    (block,) = blocks((built.record(measures=(built.measure("fd", math.inf),)),), {}, run="r")
    assert math.isnan(values(block, block.rows[0], "fd:classifier")[0])


def test_a_control_shows_its_deviation(built):
    floor = built.references["digits"].measures["floor"]
    assert control(floor, FD).first_line == "1.10 ±.077"
    assert control((), FD).first_line == ""
    copies = column("copies:pixels")
    assert control(built.references["digits"].measures["memoriser"], copies).first_line == "YES"


def test_the_median_that_sorts_rows_counts_failed_seeds_too():
    """Kills: a model with two lucky seeds of five sorted first; the worst at the wrong end of a share."""
    assert median([1.0, 2.0, NAN, NAN, NAN], FD) == math.inf
    assert median([0.9, 0.8, NAN, NAN, NAN], RECALL) == -math.inf
    assert median([0.9, 0.8, 0.7, NAN], RECALL) == 0.75


def test_of_two_numbers_of_one_thing_the_first_that_is_one_counts(built):
    """Kills: the last of a record's measures, or a reason in a number's place."""
    found = [built.measure("fd", value) for value in (None, 3.0, 4.0)]
    (block,) = blocks((built.record(measures=tuple(found)),), {}, run="r")
    assert values(block, block.rows[0], "fd:classifier") == (3.0,)
