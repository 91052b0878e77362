"""A whole check: being stopped, and what nothing compared comes to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from genbench.check import checking
from genbench.check.checking import Check
from genbench.check.decision import Decision
from genbench.check.findings import Checked, Finding, Gate
from genbench.check.rules import Rules
from genbench.check.verdicts import decided, undecided
from genbench.errors import Interrupted, UsageError

GATE = Gate(model="alpha", data="digits", measure="fd:classifier", better="lower")


def _timed(monkeypatch, is_stopped):
    """Time where pip fails."""

    def fail(timings):
        raise UsageError("pip failed")

    monkeypatch.setattr(checking.TimingHalf, "run", fail)
    monkeypatch.setattr(checking, "outline", lambda *arguments, **named: [])
    monkeypatch.setattr(Check, "_requests", lambda *arguments: {})
    asked = SimpleNamespace(max_minutes=None, against="main", halves=("throughput",), baseline=None)
    check = Check(asked, None)
    if is_stopped:
        check._stop.ask("SIGINT")
    found, differences = SimpleNamespace(environment=None), SimpleNamespace(is_same_machine=True)
    return check._time(SimpleNamespace(workers=1), None, found, differences)


def test_ctrl_c_that_pip_hears_too_is_ctrl_c(monkeypatch) -> None:
    """Kills: exit 2 and a complaint about pip where the terminal sent its signal to both."""
    with pytest.raises(Interrupted):
        _timed(monkeypatch, is_stopped=True)
    with pytest.raises(UsageError, match="pip failed"):
        _timed(monkeypatch, is_stopped=False)


def _exit_codes(*findings):
    checked = Checked.model_construct(findings=findings, rules=Rules())
    return checked.exit_code(), checked.exit_code(warns_only=True)


def test_what_reached_no_look_was_not_compared() -> None:
    """Kills: a check without time that --inconclusive warn lets pass."""
    untouched = undecided(GATE, "0 of the 5 seeds of the first look")
    compared = Finding(gate=GATE, verdict="INCONCLUSIVE", looks=(3, 3))
    assert _exit_codes() == (3, 3)
    assert _exit_codes(untouched) == (3, 3)
    assert _exit_codes(untouched, compared) == (3, 0)
    assert _exit_codes(compared, Finding(gate=GATE, verdict="FAIL")) == (1, 1)


def test_an_interval_without_an_end_is_none() -> None:
    """Kills: [+inf, +inf] where every seed failed; half of an interval thrown away where some did."""

    def interval(low, high):
        decision = Decision(
            verdict="FAIL", effect=high, interval=(low, high), n=(20, 5), p_worse=0, p_worse_level=1, p_tolerable=1,
            p_tolerable_level=0,
        )  # fmt: skip
        return decided(GATE, decision, (1, 3), (1.0, None)).interval

    infinite, no = float("inf"), float("nan")
    assert interval(infinite, infinite) is None
    assert interval(no, no) is None
    assert interval(0.2, infinite) == (0.2, infinite)
