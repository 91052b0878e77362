from __future__ import annotations

import pytest

from genbench.budget import Budget
from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.stability import stability


def _stability(built, records, references=None):
    (block,) = blocks(records, built.references if references is None else references, run="r")
    return stability(block, columns(block))


def _collapsing(built, seed, recalls, diversities=None, **changes):
    """A trial whose recall, and diversity, were judged on validation at the marks and at the end."""
    measures = (*built.image_measures(9.0), *built.curve((20, 15, 12, 9)), *built.curve(recalls, metric="recall"))
    if diversities is not None:
        measures += built.curve(diversities, metric="vendi_fake")
    return built.record(built.trial("vae", seed, **changes), measures=measures)


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


def test_the_noise_of_training_and_of_sampling_are_told_apart(built):
    """Kills: the floor's deviation used where the metric states its own error; both parts the whole."""
    records = [
        built.record(
            built.trial("vae", seed), measures=(built.measure("fd", fd, se=1.2), *built.image_measures(fd)[1:])
        )
        for seed, fd in enumerate((8.0, 10.0, 12.0))
    ]
    cells = _stability(built, records).frame.loc["vae"]
    assert cells["sampling_noise"].value == pytest.approx(0.12)
    assert cells["seed_noise"].value == pytest.approx((4 - 1.44) ** 0.5 / 10)
    assert cells["spread_cv"].value == pytest.approx(0.2)


def test_noise_that_nobody_measured_is_no_zero(built):
    records = [_record(built, "vae", seed, (20, 15, 12, fd)) for seed, fd in enumerate((8.0, 10.0))]
    cells = _stability(built, records, {}).frame.loc["vae"]
    assert cells["sampling_noise"].status == cells["seed_noise"].status == "not measured"


def test_the_middle_mean_counts_failed_seeds(built):
    """Kills: the mean of the survivors' middle."""
    records = [_record(built, "vae", seed, (20, 15, 12, 8.0 + seed)) for seed in range(4)]
    assert _stability(built, records).frame.loc["vae", "iqm"].value == pytest.approx(9.5)
    records += [built.record(built.trial("vae", 4 + seed), status="OOM(host)", spend=None) for seed in range(4)]
    assert _stability(built, records).frame.loc["vae", "iqm"].status == "failed"


def test_collapse_is_judged_on_validation_at_the_end(built):
    """Kills: held-out recall (good here) taken for validation's; a mark on the way taken for the end."""
    records = [_collapsing(built, 0, (0.8, 0.6, 0.3, 0.01)), _collapsing(built, 1, (0.01, 0.3, 0.6, 0.8))]
    sheet = _stability(built, records)
    assert sheet.frame.loc["vae", "collapsed"].word == "1/2"
    assert "Marks and collapse are judged on validation rows." in sheet.sentences[0]


def test_samples_of_one_kind_have_collapsed_whatever_their_recall(built):
    """Kills: diversity left out of the rule; that of the samples against 1, not against the floor's 6."""
    few, many = (5.0, 4.0, 2.0, 2.0), (5.0, 5.0, 5.0, 5.0)
    records = [_collapsing(built, 0, (0.8,) * 4, few), _collapsing(built, 1, (0.8,) * 4, many)]
    assert _stability(built, records).frame.loc["vae", "collapsed"].word == "1/2"


def test_when_a_trial_collapsed_for_good(built):
    """Kills: the first mark that looked collapsed; trials that recovered counted."""
    records = [
        _collapsing(built, 0, (0.8, 0.01, 0.01, 0.01)),
        _collapsing(built, 1, (0.01, 0.3, 0.01, 0.01)),
        _collapsing(built, 2, (0.01, 0.01, 0.3, 0.8)),
    ]
    cells = _stability(built, records).frame.loc["vae"]
    assert cells["collapsed"].word == "2/3"
    assert cells["collapsed_at"].lines == ("3000", "[2400, 3600]")
    assert _stability(built, records[2:]).frame.loc["vae", "collapsed_at"].first_line == "–"


def test_only_good_trials_collapse(built):
    """Kills: a trial that failed counted twice, as failed and as collapsed."""
    late = _collapsing(built, 0, (0.8, 0.8, 0.01, 0.01)).model_copy(update={"status": "OVER_BUDGET"})
    cells = _stability(built, [late, _collapsing(built, 1, (0.8, 0.8, 0.8, 0.8))]).frame.loc["vae"]
    assert (cells["collapsed"].word, cells["collapsed_at"].first_line) == ("0/1", "–")


def test_a_budget_in_seconds_collapses_in_seconds(built):
    budget = Budget(30, "seconds")
    sheet = _stability(built, [_collapsing(built, 0, (0.8, 0.8, 0.01, 0.01), budget=budget)])
    assert sheet.titles["collapsed_at"] == "collapsed at s"
    assert sheet.frame.loc["vae", "collapsed_at"].value == pytest.approx(0.75 * 12.4)


def test_the_mean_on_the_way_weighs_marks_by_what_lies_between(built):
    """Kills: the mean of the marks; the area from zero on; survivors' areas."""
    marks = (0.1, 0.2, 0.6)
    trial = built.trial("vae", marks=marks)
    along = [
        built.measure("fd", value, split="validation", mark=mark)
        for mark, value in zip((*marks, 1.0), (40.0, 20.0, 10.0, 10.0), strict=True)
    ]
    good = built.record(trial, measures=(*built.image_measures(10.0), *along))
    assert _stability(built, [good]).frame.loc["vae", "area"].value == pytest.approx((3 + 6 + 4) / 0.9)
    failed = built.record(built.trial("vae", 1, marks=marks), status="OOM(host)", measures=tuple(along[:2]))
    cell = _stability(built, [good, failed]).frame.loc["vae", "area"]
    assert cell.status == "failed"


def test_loss_swing_is_of_the_least_steady_loss(built):
    """Kills: a mean over losses, curves that are no losses, seeds without their worst."""
    swings = ({"loss_d": 0.2, "loss_g": 0.4, "gradient": 9.0}, {"loss_d": 0.6}, {"loss_d": 0.1})
    records = [
        built.record(built.trial("vae", seed), measures=built.image_measures(9.0), oscillation=each)
        for seed, each in enumerate(swings)
    ]
    assert _stability(built, records).frame.loc["vae", "oscillation"].lines == (".40", "[.10, .60]")
    quiet = built.record(built.trial("vae", 0), measures=built.image_measures(9.0), oscillation={"gradient": 9.0})
    assert _stability(built, [quiet]).frame.loc["vae", "oscillation"].status == "not measured"
