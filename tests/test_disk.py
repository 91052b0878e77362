"""A run that the disk cannot hold is refused before anything is trained."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from genbench import disk
from genbench.errors import UsageError
from genbench.plan import Plan
from genbench.session import Session, Ways
from genbench.spec import make_spec
from genbench.store import RunFolder

COUNTS = {"held_out": 500, "validation": 300}


def test_samples_of_every_variant_split_and_mark_count(make_trial) -> None:
    """Kills: marks forgotten: 51,200 for 89,600 bytes."""
    trial = make_trial(marks=(0.25, 0.5))
    assert disk.sample_bytes(trial, COUNTS) == (500 + 300 + 2 * 300) * 64
    twice = trial.model_copy(update={"model": trial.model.model_copy(update={"variants": ("raw", "ema")})})
    assert disk.sample_bytes(twice, COUNTS) == 2 * disk.sample_bytes(trial, COUNTS)


@pytest.mark.parametrize(("spare", "is_enough"), [(0, True), (-1, False)])
def test_the_limit_is_what_lies_there_at_once(make_trial, tmp_path, monkeypatch, spare, is_enough) -> None:
    """Kills: all trials counted though samples are deleted; megabytes taken for gigabytes in the message."""
    plan = Plan(trials=tuple(make_trial(seed=seed) for seed in range(10)), probes=())
    needed = 2 * disk.sample_bytes(plan.trials[0], COUNTS) + disk.MARGIN
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: SimpleNamespace(free=needed + spare))
    if is_enough:
        disk.check_room(tmp_path, plan, {"digits": COUNTS}, at_once=2)
        return
    with pytest.raises(UsageError, match=r"0\.27 GB are free, expected 0\.27 GB for the samples of 2 trials"):
        disk.check_room(tmp_path, plan, {"digits": COUNTS}, at_once=2)


def test_a_refused_run_leaves_no_folder(make_trial, tmp_path, monkeypatch) -> None:
    """Kills: an empty run that a later command would find and list."""
    plan = Plan(trials=(make_trial(),), probes=())
    folder = RunFolder.create(tmp_path, plan)
    session = Session(make_spec({"models": ("alpha",)}), Ways(output=tmp_path))
    session._check_room(folder, plan, workers=2)
    assert folder.path.exists()
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(UsageError, match="choose another --output"):
        session._check_room(folder, plan, workers=2)
    assert not folder.path.exists()
