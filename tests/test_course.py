"""Where an attempt goes on from, and what it says of how its process ended."""

from __future__ import annotations

import pytest

from genbench.course import Course
from genbench.engines import Call, Ended
from genbench.messages import Outcome
from genbench.record import SampleFile


@pytest.fixture
def folders(tmp_path, make_trial):
    """Make folders of four attempts at one trial."""
    made = [tmp_path / "trials" / make_trial().id / f"attempt-{number}" for number in (1, 2, 3, 10)]
    for folder in made:
        folder.mkdir(parents=True)
    return made


def test_the_newest_that_left_a_checkpoint(folders, make_trial) -> None:
    """Kills: the oldest checkpoint, attempts sorted as text, an attempt that is its own predecessor."""
    first, second, third, tenth = folders
    assert Course(make_trial(), first).earlier is None
    assert Course(make_trial(), tenth).earlier == third, "with no checkpoint, so that the record says why"
    for folder in (first, second, tenth):
        (folder / "checkpoint.pt").touch()
    assert Course(make_trial(), tenth).earlier == second
    assert Course(make_trial(), second).earlier == first


def test_what_was_left_behind_is_told(folders, make_trial) -> None:
    course = Course(make_trial(), folders[0])
    call = Call(name="a trial", function="trial", payload="")
    course.end(
        Ended(
            call=call, status="TIMEOUT", message="no hand-out for 3 s", result=None, log_tail="", phase="train",
            hand_outs=7, seconds=3.0, was_shared=False, left_behind=("12 sleep 9", "13 sleep 9"),
        )
    )  # fmt: skip
    assert course.outcome.status == "TIMEOUT"
    assert course.outcome.message == "genbench-alpha 0.1 [alpha] in train after 7 hand-outs: no hand-out for 3 s"
    assert course.outcome.warnings == ("left 2 processes behind, killed: 12 sleep 9; 13 sleep 9",)


@pytest.mark.parametrize(("was_asked", "status"), [(True, "INTERRUPTED"), (False, "LOST")])
def test_only_who_was_asked_to_stop_is_interrupted(folders, make_trial, was_asked: bool, status: str) -> None:
    """Kills: a trial that stops by itself, and is begun again without end."""
    course = Course(make_trial(), folders[0], outcome=Outcome(status="INTERRUPTED", message="stopped"))
    call = Call(name="a trial", function="trial", payload="")
    course.end(
        Ended(
            call=call, status="OK", message=None, result="told", log_tail="", phase="train", hand_outs=7, seconds=3.0,
            was_shared=False, was_asked=was_asked,
        )
    )  # fmt: skip
    assert course.outcome.status == status
    assert course.outcome.message.endswith("stopped")


def test_samples_that_are_gone_are_named(folders, make_trial) -> None:
    samples = [SampleFile(variant="default", mark=1.0, split="held_out", path=folders[0] / name) for name in "ab"]
    course = Course(make_trial(), folders[0], outcome=Outcome(status="OK", samples=tuple(samples)))
    samples[0].path.touch()
    assert course.lost_samples == folders[0] / "b"
    samples[1].path.touch()
    assert course.lost_samples is None
