"""A model is given up after equal failures in a row, and for nothing else."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genbench.breaker import BY_CHANCE, UNTOLD, Breaker
from genbench.record import Environment, Record

HERE = Environment(
    genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
    driver=None, packages={}, settings={},
)  # fmt: skip
CELL = ("alpha", "digits")


def _given_up(trial, statuses, after=3) -> bool:
    breaker = Breaker(after)
    for number, status in enumerate(statuses):
        fields = {"message": f"step {number} at 0x{number:x}", "started": "now", "wall_seconds": 0.0}
        breaker.see(Record(trial=trial, attempt=1, status=status, environment=HERE, **fields))
    return breaker.given_up(CELL) is not None


def test_three_in_a_row(make_trial) -> None:
    """Kills: a count of all failures, one that a success does not reset, one that numbers in messages reset."""
    trial = make_trial()
    assert _given_up(trial, ["TIMEOUT"] * 3)
    assert not _given_up(trial, ["TIMEOUT"] * 2)
    assert not _given_up(trial, ["TIMEOUT", "TIMEOUT", "OK", "TIMEOUT"])
    assert not _given_up(trial, ["TIMEOUT", "TIMEOUT", "OOM(host)", "TIMEOUT"])
    assert not _given_up(trial, ["TIMEOUT"] * 9, after=0)


def test_what_says_nothing_of_the_model_changes_nothing(make_trial) -> None:
    assert _given_up(make_trial(), ["TIMEOUT", "INTERRUPTED", "TIMEOUT", "LOST", "TIMEOUT"])


def test_probes_do_not_count(make_trial) -> None:
    assert not _given_up(make_trial(purpose="probe"), ["TIMEOUT"] * 5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statuses=st.lists(st.sampled_from(sorted(BY_CHANCE | UNTOLD)), max_size=20))
def test_divergence_is_a_result(make_trial, statuses) -> None:
    """Kills: giving a model up because it diverges, which the stability table is there to count."""
    assert not _given_up(make_trial(), statuses)
