"""Every failure has the name that it deserves."""

from __future__ import annotations

from genbench.status import status_of_exit


def test_a_signal_without_a_name_has_its_number() -> None:
    """Kills: a supervisor that dies of a real-time signal to one of its processes."""
    assert status_of_exit(-11)[0] == "CRASHED(SIGSEGV)"
    assert status_of_exit(-40)[0] == "CRASHED(signal 40)"
