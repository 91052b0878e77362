from __future__ import annotations

import pytest

from genbench.record import Gauge, Overrun
from genbench.tables.blocks import blocks
from genbench.tables.footnotes import footnotes


def _notes(built, *records, **changes):
    (block,) = blocks(records or (built.record(**changes),), {}, run="r")
    return footnotes(block)


def test_nothing_to_say(built):
    assert _notes(built) == ({}, ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_conditional": True}, "trained with labels (conditional), which the others need not have seen"),
        ({"clamped": {"default": 0.032}}, "up to 3.20 % of the values were out of range and clamped"),
        ({"warnings": ("could not resume",)}, "could not resume (1 trial)"),
    ],
)
def test_facts_of_a_record(built, changes, said):
    assert _notes(built, **changes) == ({"vae": (1,)}, (said,))


def test_little_clamping_is_no_mark(built):
    """Kills: a threshold on any share above 0."""
    assert _notes(built, clamped={"default": 0.01}) == ({}, ())


def test_pretrained_parts_are_named(built):
    card = {"pretrained": [{"name": "backbone", "data": "ImageNet", "sha256": "00"}, "an\x1b[31m encoder"]}
    record = built.record(built.trial(model=built.model("vae", card=card)))
    assert _notes(built, record)[1] == ("holds pretrained parts: backbone on ImageNet and an encoder",)


def test_over_budget(built):
    spend = built.spend(overrun=Overrun(examples=512, seconds=0.4, is_late=True))
    (said,) = _notes(built, status="OVER_BUDGET", spend=spend)[1]
    assert said.startswith("1 trial went over the budget by up to 512 examples, .400 s")


def test_reuse_and_early_return(built):
    """Kills: updates per example, the threshold on the wrong side."""
    spends = [built.spend(updates={"net": 4800 * 9}), built.spend(updates={"net": 4800 * 8}, fraction=0.8)]
    records = [built.record(built.trial("vae", seed), spend=spend) for seed, spend in enumerate(spends)]
    assert _notes(built, *records)[1] == (
        "1 trial returned early, at 80.00 % of the budget",
        "reuse: 9.00 updates of one network a hand-out",
    )


def test_equal_notes_share_a_number_and_measures_mark_their_variant(built):
    gan = built.model("gan", variants=("raw", "ema"))
    warned = built.measure("fd", 9.0, variant="ema", warnings=("fewer rows than features",))
    records = (
        built.record(is_conditional=True),
        built.record(built.trial("gan", model=gan), measures=(warned,), is_conditional=True),
    )
    marks, notes = _notes(built, *records)
    assert marks == {"gan": (1,), "gan ema": (1, 2), "vae": (1,)}
    assert notes[1] == "fd@500:classifier: fewer rows than features (1 trial)"


def test_many_warnings_are_cut(built):
    notes = _notes(built, warnings=tuple(f"warning {index}" for index in range(9)))[1]
    assert len(notes) == 4
    assert notes[-1] == "6 further warnings in the records of vae"


def test_why_a_control_has_no_number(built):
    reason = "the train split has 400 rows, fewer than the 500 that the floor is drawn with"
    floor = (built.measure("fd", None, warnings=(reason,)), built.measure("kd", None, warnings=(reason,)))
    reference = built.references["digits"].model_copy(update={"measures": {"floor": floor}})
    (block,) = blocks((built.record(),), {"digits": reference}, run="r")
    assert footnotes(block) == ({"· floor": (1,)}, (reason,))


def test_uncounted_operations(built):
    notes = _notes(built, built.record(), built.probe("vae", uncounted=("a", "b", "c", "d", "e", "f")))[1]
    assert notes == ("FLOPs leave out a, b, c, d and 2 more",)


def test_a_gpu_that_was_slowed_down_is_marked(built):
    """Kills: clocks that the user has set, or an idle moment, called a slowdown; looks counted as models."""
    hot, cool = Gauge(throttle=("idle", "power cap")), Gauge(throttle=("idle", "application clocks"))
    notes = _notes(built, built.record(), built.probe("vae", gauges=(cool, hot, hot)))[1]
    assert notes == ("the GPU was slowed down while it was probed: power cap at 2 of 3 looks",)
    assert not _notes(built, built.record(), built.probe("vae", gauges=(cool,)))[1]


def test_a_machine_that_others_keep_busy_is_marked(built):
    """Kills: a note for the probe's own work, or for one short moment; the greatest load for the least."""
    busy = built.probe("vae", gauges=(Gauge(load=9.0), Gauge(load=5.5), Gauge()))
    assert _notes(built, built.record(), busy)[1] == (
        "others kept the machine busy while it was probed: load 5.50 on 2 cores",
    )
    assert not _notes(built, built.record(), built.probe("vae", gauges=(Gauge(load=9.0), Gauge(load=2.9))))[1]
