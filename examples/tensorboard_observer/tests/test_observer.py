"""It looks and touches nothing; what it writes is what was logged."""

import pytest

pytest.importorskip("tensorboard", reason="tensorboard is not installed")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from genbench.testing import check_observer


def test_it_touches_nothing_and_writes_what_is_logged(tmp_path, monkeypatch):
    monkeypatch.setenv("GENBENCH_TENSORBOARD", str(tmp_path))
    check_observer("tensorboard")
    (folder,) = tmp_path.glob("digits/*/seed-0")
    events = EventAccumulator(str(folder))
    events.Reload()
    assert {"loss", "kl"} <= set(events.Tags()["scalars"])
    assert [each.step for each in events.Scalars("loss")] == list(range(1, 9))
    assert events.Tags()["images"]
