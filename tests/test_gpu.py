"""What only a CUDA device can show: bounded run-ahead, streamed rows, whole trials."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from genbench import feed, graphed
from genbench.device import RUN_AHEAD, fence, synchronizer
from genbench.errors import CaptureError
from genbench.feed import Feed
from genbench.meter import Meter
from genbench.plugins import find_all
from genbench.tables.throughput import utilisation
from genbench.updates import UpdateCounter

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


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("data", ["digits", "ring8", "penguins", "spoken_digits", "tiny_shakespeare"])
def test_every_model_that_knows_the_kind(run_genbench, data_root, data) -> None:
    """Kills: a buffer that is made on the host; a step that a graph cannot hold."""
    found = [each for each in find_all("genbench.models") if not each.needs]
    names = ",".join(each.name for each in found if each.distribution.startswith("genbench "))
    done = run_genbench(
        "run", "--models", names, "--datasets", data, "--data-root", str(data_root), "--seeds", "1",
        "--budget", "40steps", "--batch-size", "64", "--device", "cuda:0", "--no-probe", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "0/1" not in done.stdout


def test_two_runs_of_a_seed_train_as_many_steps(run_genbench) -> None:
    done = run_genbench("run", "--models", "gan", "--seeds", "2", "--budget", "3s", "--device", "cuda:0", "--quiet")
    assert done.returncode == 0, done.stderr


class Noisy(nn.Module):
    """Has what a capture can get wrong: noise, running statistics, and a rate that falls."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 8))


def _noisy_step(model, optimiser, x):
    loss = (model.network(x + torch.randn_like(x)) - x).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


def _twenty_steps(make, *, is_graphed):
    model = Noisy().to(_device())
    optimiser = make(model.parameters())
    step = partial(_noisy_step, model, optimiser)
    if is_graphed:
        step = graphed(step, model, optimiser)
    torch.manual_seed(1)
    losses = []
    with UpdateCounter(model) as updates:
        for number in range(20):
            for group in optimiser.param_groups:
                group["lr"] = 0.01 / (1 + number)
            losses.append(step(torch.randn(64, 8, device=_device())).item())
    return torch.tensor(losses), model.state_dict(), updates.counts


@pytest.mark.parametrize(
    "make",
    [
        lambda parameters: torch.optim.Adam(parameters, fused=True),
        lambda parameters: torch.optim.Adam(parameters, foreach=True),
        lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
    ],
    ids=["fused Adam", "Adam", "SGD"],
)
def test_twenty_graphed_steps_are_twenty_plain_ones(make) -> None:
    """Kills: a warm-up that is not undone, noise and rates that are frozen, replays that nobody counts."""
    losses, state, updates = _twenty_steps(make, is_graphed=False)
    graphed_losses, graphed_state, graphed_updates = _twenty_steps(make, is_graphed=True)
    torch.testing.assert_close(graphed_losses, losses, rtol=1e-4, atol=0)
    for name, value in state.items():
        torch.testing.assert_close(graphed_state[name], value, rtol=1e-4, atol=1e-6)
    assert graphed_updates == updates == {"network": 20}


def test_a_step_that_waits_for_the_device_is_refused() -> None:
    model = Noisy().to(_device())
    optimiser = torch.optim.Adam(model.parameters(), fused=True)

    def waits(x):
        return torch.full((), _noisy_step(model, optimiser, x).item())

    step = graphed(waits, model, optimiser)
    x = torch.randn(64, 8, device=_device())
    step(x)
    with pytest.raises(CaptureError, match="cannot be captured as a CUDA graph"):
        step(x)


def test_a_probe_tells_what_only_a_gpu_has(attempt) -> None:
    """Kills: allocated and reserved exchanged, no joules where NVML counts them, a use beyond the machine's."""
    outcome, _ = attempt("vae", purpose="probe", device="cuda:0", window=0.5)
    assert outcome.status == "OK", outcome.message
    found = outcome.probe
    assert 0 < found.peak_memory_bytes <= found.peak_reserved_bytes
    assert {each.sm_mhz is None or each.sm_mhz > 100 for each in found.gauges} == {True}
    assert found.matmul_peak_flops > 1e12
    assert 0 < utilisation(found, found.matmul_peak_flops) < 1.2
    if found.gauges[0].joules is not None:
        assert found.joules_per_1000_examples > 0
