from __future__ import annotations

import pytest

from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.stability import stability


def _stability(built, records, references=None):
    (block,) = blocks(records, built.references if references is None else references, run="r")
    return stability(block, columns(block))


def _record(built, name, seed, fds, *, recall=0.7, repeats=0.0):
    others = (each for each in built.image_measures(fds[-1]) if each.identity.metric not in ("recall", "duplicates"))
    measures = (*others, *built.curve(fds), built.measure("recall", recall), built.measure("duplicates", repeats))
    return built.record(built.trial(name, seed), measures=measures)


def test_spread_and_sampling_noise_are_two_numbers(built):
    """Kills: n for n - 1 in the deviation; the floor's deviation over the floor's value instead of the model's."""
    records = [_record(built, "vae", seed, (20, 15, 12, fd)) for seed, fd in enumerate((8.0, 10.0, 12.0))]
    cells = _stability(built, records).frame.loc["vae"]
    assert cells["spread_cv"].value == pytest.approx(0.2)
    assert cells["sampling_noise"].value == pytest.approx(0.077 / 10)


def test_spread_says_of_how_many(built):
    records = [_record(built, "vae", seed, (20, 15, 12, fd)) for seed, fd in enumerate((8.0, 12.0))]
    records.append(built.record(built.trial("vae", 2), status="DIVERGED", spend=None))
    cells = _stability(built, records).frame.loc["vae"]
    assert cells["spread_cv"].first_line == "28.28 % of 2"
    assert (cells["ok"].word, cells["diverged"].word) == ("2/3", "1/3")


def test_best_to_last_is_the_median_trial_and_a_failed_one_is_worst(built):
    """Kills: first/last, best of all seeds over last of all seeds."""
    records = [_record(built, "vae", 0, (20, 5, 12, 10)), _record(built, "vae", 1, (20, 15, 12, 8))]
    records.append(built.record(built.trial("vae", 2), status="TIMEOUT", spend=None))
    cell = _stability(built, records).frame.loc["vae", "best_to_last"]
    assert (cell.value, cell.low, cell.high, cell.status) == (2.0, 1.0, None, "bound failed")


def test_best_to_last_of_a_share_is_turned_round(built):
    """Kills: the ratio below 1 for a share that fell."""
    trial = built.trial("vae", data=built.RING, features=("coordinates",))
    values = {"modes": 8.0, "hq_share": 0.4, "reverse_kl": 0.1, "fd": 0.1}
    held_out = tuple(built.measure(metric, value, built.RING) for metric, value in values.items())
    along = built.curve((0.3, 0.8, 0.6, 0.4), built.RING, "hq_share")
    sheet = _stability(built, (built.record(trial, measures=(*held_out, *along)),))
    assert sheet.frame.loc["vae", "best_to_last"].value == pytest.approx(2.0)


def test_collapsed_trials_are_counted_against_the_floor(built):
    """Kills: the floor's recall left out of the rule."""
    records = [_record(built, "vae", seed, (20, 15, 12, 8), recall=recall) for seed, recall in enumerate((0.09, 0.095))]
    assert _stability(built, records).frame.loc["vae", "collapsed"].word == "1/2"
    assert _stability(built, records, {}).frame.loc["vae", "collapsed"].status == "not measured"


def test_a_model_that_repeats_itself_has_collapsed(built):
    records = [_record(built, "vae", seed, (20, 15, 12, 8), repeats=repeats) for seed, repeats in enumerate((0.0, 0.2))]
    assert _stability(built, records).frame.loc["vae", "collapsed"].word == "1/2"


def test_time_to_where_the_last_model_ends(built):
    """Kills: a threshold that the leader sets, the last mark instead of the first."""
    records = [_record(built, "aaa", seed, (20, 9.5, 6, 5)) for seed in range(3)]
    records += [_record(built, "bbb", seed, (40, 30, 20, 9 + seed)) for seed in range(3)]
    sheet = _stability(built, records)
    assert sheet.titles["reached"] == "steps to 11.0"
    assert sheet.frame.loc["aaa", "reached"].lines == ("2400", "[2400, 2400]")
    assert sheet.frame.loc["bbb", "reached"].lines == ("4800", "[4800, 4800]")


def test_a_seed_that_never_arrives(built):
    records = [_record(built, "aaa", seed, (20, 9.5, 6, 5)) for seed in range(2)]
    records.append(_record(built, "aaa", 2, (90, 80, 70, 60)))
    records += [_record(built, "bbb", seed, (40, 30, 20, 9 + seed)) for seed in range(3)]
    assert _stability(built, records).frame.loc["aaa", "reached"].lines == ("2400", "[2400, never]")


def test_one_model_has_no_threshold(built):
    assert "reached" not in _stability(built, [_record(built, "vae", 0, (20, 15, 12, 8))]).titles
