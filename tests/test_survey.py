"""A survey that is asked to stop."""

from __future__ import annotations

import pytest

from genbench.engines import Ended
from genbench.errors import Interrupted
from genbench.spec import make_spec
from genbench.survey import survey


class Stopping:
    """An engine that was asked to stop before anything had begun."""

    def __init__(self) -> None:
        self._asked = []

    def submit(self, call, done) -> None:
        self._asked.append((call, done))

    def drain(self) -> None:
        for call, done in self._asked:
            done(
                Ended(
                    call=call, status="INTERRUPTED", message="stopped", result=None, log_tail="", phase="start",
                    hand_outs=0, seconds=0.0, was_shared=False,
                )
            )  # fmt: skip
        raise Interrupted


def test_an_interrupt_is_no_fault_of_the_harness(tmp_path) -> None:
    """Kills: exit 4 and "please report this" for a Ctrl-C while models and data are looked at."""
    with pytest.raises(Interrupted):
        survey(make_spec({"models": ("vae", "gan"), "datasets": ("digits",)}), Stopping(), tmp_path)
