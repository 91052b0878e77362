"""What the harness costs: a hand-out, a training, a start, a listing."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from genbench.batches import Batches
from genbench.curves import Curves
from genbench.feed import Feed
from genbench.meter import Meter
from genbench.stream import Stream
from genbench.updates import UpdateCounter

CPU = torch.device("cpu")
STEPS = 300  # a round; short and many, since the clock of a shared machine wanders


def _rows() -> torch.Tensor:
    return torch.randint(0, 255, (997, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def _stream(feed: object, steps: int) -> Stream:
    meter = Meter(lambda: None)
    meter.start()
    return Stream(feed, meter, hand_outs=steps, photograph=lambda mark, seconds: None)


def test_a_hand_out_costs_at_most_three_microseconds(benchmark) -> None:
    """The stream alone: the order of rows and their gather cost the same in any loop."""
    torch.set_num_threads(1)
    handed = (torch.empty(0), None)

    def hand_out_all() -> None:
        for _ in Batches(_stream(lambda: handed, 20_000)):
            pass

    seconds = _cpu_best(hand_out_all) / 20_000
    benchmark.extra_info["microseconds"] = seconds * 1e6
    benchmark.pedantic(hand_out_all, rounds=3)
    assert seconds < 3e-6


def _cpu_best(function, rounds=5) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        function()
        best = min(best, time.process_time() - started)
    return best


class Toy(nn.Module):
    """The smallest step there is: an autoencoder of digits."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))


def _train(model: Toy, batches: object, log: object = None) -> None:
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    for x in batches:
        loss = (model.net(x) - x.flatten(1)).square().sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if log is not None:
            log(loss=loss)


def _bare(rows: torch.Tensor, steps: int):
    """The same gather and the same order in a plain loop."""
    generator = torch.Generator().manual_seed(0)
    chain = torch.cat([torch.randperm(997, generator=generator) for _ in range(steps * 128 // 997 + 1)])
    for start in range(0, steps * 128, 128):
        yield rows.index_select(0, chain[start : start + 128]).to(torch.float32).div_(255)


def test_what_the_harness_adds_to_the_smallest_step_is_below_two_percent(benchmark) -> None:
    """Each part timed on its own in a tight loop: a difference of two trainings drowns in a shared machine's noise."""
    torch.set_num_threads(1)
    model = Toy()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    x = torch.rand(128, 1, 8, 8)
    loss = (model.net(x) - x.flatten(1)).square().sum(1).mean()
    loss.backward()
    counter, curves = UpdateCounter(model), Curves()
    handed = (torch.empty(0), None)
    added = [
        _cpu_best(lambda: [None for _ in Batches(_stream(lambda: handed, 5_000))]) / 5_000,
        _cpu_best(lambda: [counter.count(optimizer) for _ in range(5_000)]) / 5_000,
        _cpu_best(lambda: [curves.add(1, "loss", loss) for _ in range(5_000)]) / 5_000,
    ]
    step = _cpu_best(lambda: _train(Toy(), _bare(_rows(), STEPS))) / STEPS
    benchmark.extra_info["share"] = f"{sum(added) / step:.4f}: {sum(added) * 1e6:.1f} us of {step * 1e6:.0f} us"
    benchmark.pedantic(lambda: _train(Toy(), _bare(_rows(), STEPS)), rounds=1)
    assert sum(added) / step < 0.02


def test_training_under_the_harness_is_no_slower_than_noise(benchmark, interleaved) -> None:
    """The whole of it against a bare loop; two bare loops differ by as much here, so that the limit is wide."""
    torch.set_num_threads(1)
    rows = _rows()

    def harness() -> None:
        model = Toy()
        feed = Feed(rows, None, size=128, generator=torch.Generator().manual_seed(0), device=CPU)
        batches = Batches(_stream(feed, STEPS))
        with UpdateCounter(model):
            _train(model, batches, batches.log)

    def bare() -> None:
        _train(Toy(), _bare(rows, STEPS))

    harness(), bare()
    ratio = interleaved(harness, bare, rounds=31)
    benchmark.extra_info["ratio"] = str(ratio)
    benchmark.pedantic(harness, rounds=1)
    assert ratio.median < 1.1


@pytest.mark.parametrize("command", [["--help"], ["models"]])
def test_listing_costs_a_fraction_of_importing_torch(benchmark, interleaved, command) -> None:
    listing = lambda: _run("-m", "genbench", *command)  # noqa: E731
    ratio = interleaved(listing, lambda: _run("-c", "import torch"), 7, clock=_children_seconds)
    benchmark.extra_info["ratio"] = str(ratio)
    benchmark.pedantic(listing, rounds=1)
    assert ratio.median < 0.15


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _children_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
