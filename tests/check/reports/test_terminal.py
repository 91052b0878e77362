"""What a person reads: within 100 columns, nothing hidden that matters, the verdict last."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from genbench.check.findings import Finding, Gate
from genbench.check.reports import remarks, terminal, wording

names = st.text(max_size=80)
numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)
findings = st.builds(
    Finding,
    gate=st.builds(
        Gate, model=names, data=names, measure=names | st.sampled_from(["training", "collapse"]),
        better=st.sampled_from(["lower", "higher"]), scale=st.sampled_from(["ratio", "deviations", "rate"]),
    ),
    verdict=st.sampled_from(["PASS", "FAIL", "INCONCLUSIVE"]), reason=names, is_gated=st.booleans(), effect=numbers,
    interval=st.none() | st.tuples(st.floats(), st.floats()), baseline=numbers, candidate=numbers, control=numbers,
    detectable=numbers, p_worse=st.none() | st.floats(0, 1), p_worse_level=st.none() | st.floats(0, 1),
    notes=st.tuples(names),
)  # fmt: skip


@given(found=st.lists(findings, max_size=4), is_full=st.booleans())
def test_no_line_is_wider_than_100_columns(checked, found, is_full) -> None:
    """Kills: a label that is not cut, a section that is not wrapped, a number without bounds."""
    shown = terminal.text(checked.model_copy(update={"findings": tuple(found)}), is_full=is_full)
    assert all(len(line) <= terminal.WIDTH for line in shown.splitlines())


def test_the_widest_columns_fit_together(checked) -> None:
    """Kills: bounds that hold for each column alone."""
    widest = {
        "effect": -1e300, "interval": (-1e300, 1e300), "detectable": 99.99, "baseline": 1_234_567.0,
        "candidate": 1_234_567.0, "n": (99, 999), "reason": "identical", "verdict": "PASS",
    }  # fmt: skip
    gate = Gate(model="m", data="d", measure="a_measure:of_somebody", better="lower", scale="rate")
    shown = terminal.text(checked.model_copy(update={"findings": (Finding(gate=gate, **widest),)}))
    assert all(len(line) <= terminal.WIDTH for line in shown.splitlines())
    assert "  a_" in shown


def test_the_verdict_is_the_last_paragraph(checked, passed) -> None:
    last = terminal.text(checked).split("\n\n")[-1]
    assert last.startswith("FAIL: of 7 gated comparisons 2 failed (alpha on digits: training and beta on digits: fd")
    assert terminal.text(passed).splitlines()[-1] == "PASS: of 1 gated comparison 1 passed; 6 min 52 s"


def test_only_what_moved_is_shown_of_what_is_only_reported(checked) -> None:
    """Kills: a fold that hides a regression, or one that never folds."""
    short, full = terminal.text(checked), terminal.text(checked, is_full=True)
    assert "setup ↓ s" in short
    assert "precision" not in short
    assert "1 measure only reported, not moved" in short
    assert "precision:classifier" in full
    assert "p .31 against 0.00025" in full


def test_inconclusive_says_what_to_do_and_a_pass_does_not(checked, passed) -> None:
    """Kills: a third verdict that leaves its reader alone."""
    told = dict(remarks.sections(checked))["What to do"]
    assert [text.split(":")[0].split(" is")[0] for text in told] == ["host bias", "missing", "INCONCLUSIVE"]
    assert "What to do" not in dict(remarks.sections(passed))


def test_nothing_compared_is_no_pass(checked) -> None:
    nothing = checked.model_copy(update={"findings": ()})
    assert terminal.text(nothing).splitlines()[-1] == "INCONCLUSIVE: nothing was compared"
    assert "genbench baseline" in terminal.text(nothing)


def test_many_failures_are_named_in_part(checked) -> None:
    many = checked.model_copy(update={"findings": (checked.findings[2],) * 9})
    assert "and 4 more)" in remarks.verdict_line(many)


def test_effects_are_in_their_own_units() -> None:
    """Kills: a share printed as a percentage, a sign lost."""
    gate = Gate(model="m", data="d", measure="x", better="lower")
    told = {
        scale: wording.effect(0.106, gate.model_copy(update={"scale": scale}))
        for scale in ("ratio", "deviations", "rate")
    }
    assert told == {"ratio": "+10.6 %", "deviations": "+0.11 sd", "rate": "+11 points"}
    assert wording.effect(-0.04, gate) == "-4.0 %"
    assert wording.effect(math.inf, gate) == "+inf %"
    assert wording.effect(None, gate) == wording.effect(math.nan, gate) == wording.MISSING


def test_a_baselines_own_power_stands_in_where_no_spread_was_seen(checked) -> None:
    """Kills: a column of dashes, or the planned power where the real one is known."""
    assert wording.detectable(checked.findings[0]) == 0.18
    assert wording.detectable(checked.findings[0].model_copy(update={"detectable": None})) == 0.21
