from __future__ import annotations

import pytest

from genbench.tables.currencies import CURRENCIES, spent_at


def test_what_was_spent_at_a_mark_and_at_the_end(built):
    record = built.record(spend=built.spend(joules=50.0))
    at_half = {each: spent_at(record, 0.5, each) for each in CURRENCIES}
    assert at_half == {"seconds": 6.2, "flops": 1.05e11, "examples": 307_200, "updates": 4800, "energy": 25.0}
    at_end = {each: spent_at(record, 1.0, each) for each in CURRENCIES}
    assert at_end == {"seconds": 12.4, "flops": 2.1e11, "examples": 614_400, "updates": 9600, "energy": 50.0}


@pytest.mark.parametrize("currency", ["seconds", "energy"])
def test_a_shared_machine_counts_neither(built, currency):
    """Kills: seconds beside other trials taken for the trial's own."""
    record = built.record(spend=built.spend(is_shared=True, joules=50.0))
    assert spent_at(record, 0.5, currency) is None
    assert spent_at(record, 1.0, currency) is None
    assert spent_at(record, 0.5, "examples") == 307_200


def test_a_trial_that_came_to_no_mark_spent_nothing_there(built):
    lost = built.record(status="CRASHED(SIGKILL)", spend=None, marks=())
    assert [spent_at(lost, at, each) for at in (0.5, 1.0) for each in CURRENCIES] == [None] * 10
