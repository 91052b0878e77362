"""What only a CUDA device can show: bounded run-ahead, streamed rows, whole trials."""

from __future__ import annotations

import pytest
import torch

from genbench import feed
from genbench.device import RUN_AHEAD, fence, synchronizer
from genbench.feed import Feed
from genbench.meter import Meter

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: torch.cuda.is_available() is false"),
]
SPIN = 50_000_000  # cycles: some 30 ms


def _device() -> torch.device:
    return torch.device("cuda:0")


def test_the_meter_waits_for_the_device() -> None:
    """Kills: a clock that is read before queued kernels are done, so that asynchronous work is free."""
    meter = Meter(synchronizer(_device()))
    meter.start()
    torch.cuda._sleep(SPIN)
    meter.stop()
    assert meter.seconds > 0.005


def test_the_host_runs_at_most_two_hand_outs_ahead() -> None:
    """Kills: a fence that waits for nothing, so that a budget in seconds is overshot by everything that is queued."""
    wait = fence(_device())
    events = []
    for count in range(6):
        wait()
        behind = [event for event in events if not event.query()]
        assert len(behind) <= RUN_AHEAD, count
        torch.cuda._sleep(SPIN)
        events.append(torch.cuda.Event())
        events[-1].record()


def test_streamed_equals_resident(monkeypatch) -> None:
    """Kills: reading a prefetched batch before its copy is done."""
    rows = torch.randint(0, 255, (2000, 1, 28, 28), dtype=torch.uint8)
    labels = torch.arange(2000)
    make = lambda: Feed(rows, labels, size=128, generator=torch.Generator().manual_seed(0), device=_device())  # noqa: E731
    resident = make()
    monkeypatch.setattr(feed, "has_room", lambda device, size: False)
    streamed = make()
    for _ in range(100):
        (a, x), (b, y) = resident(), streamed()
        assert torch.equal(a, b)
        assert torch.equal(x, y)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("model", ["vae", "gan"])
@pytest.mark.parametrize("data", ["digits", "ring8"])
def test_a_whole_run(run_genbench, model, data, precision) -> None:
    done = run_genbench(
        "run", "--models", model, "--datasets", data, "--seeds", "1", "--budget", "200steps",
        "--device", "cuda:0", "--precision", precision, "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1/1" in done.stdout


def test_two_runs_of_a_seed_train_as_many_steps(run_genbench) -> None:
    done = run_genbench("run", "--models", "gan", "--seeds", "2", "--budget", "3s", "--device", "cuda:0", "--quiet")
    assert done.returncode == 0, done.stderr
