"""A survey that is asked to stop, or that finds what is wrong."""

from __future__ import annotations

import pytest

from genbench.engines import Ended
from genbench.errors import Interrupted, SpecError
from genbench.spec import make_spec
from genbench.survey import survey


class Stopping:
    """An engine that was asked to stop before anything had begun."""

    status, message = "INTERRUPTED", "stopped"

    def __init__(self) -> None:
        self._asked = []

    def submit(self, call, done) -> None:
        self._asked.append((call, done))

    def drain(self) -> None:
        for call, done in self._asked:
            done(
                Ended(
                    call=call, status=self.status, message=self.message, result=None, log_tail="", phase="start",
                    hand_outs=0, seconds=0.0, was_shared=False,
                )
            )  # fmt: skip
        if self.status == "INTERRUPTED":
            raise Interrupted


def test_an_interrupt_is_no_fault_of_the_harness(tmp_path) -> None:
    """Kills: exit 4 and "please report this" for a Ctrl-C while models and data are looked at."""
    with pytest.raises(Interrupted):
        survey(make_spec({"models": ("vae", "gan"), "datasets": ("digits",)}), Stopping(), tmp_path)


class Refusing(Stopping):
    """An engine whose processes find two options wrong."""

    status, message = "USAGE", str(SpecError(["m: no option 'a'", "m.b: too large"], "the options"))


def test_problems_of_options_are_told_as_the_others_are(tmp_path) -> None:
    """Kills: `-   - m.no option 'a'`, a list in a list, and the same told once for each model."""
    with pytest.raises(SpecError) as raised:
        survey(make_spec({"models": ("vae", "gan"), "datasets": ("digits",)}), Refusing(), tmp_path)
    assert [each for each in raised.value.problems if each.startswith("m")] == ["m: no option 'a'", "m.b: too large"]
    assert "-   -" not in str(raised.value)
