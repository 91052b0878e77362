"""What the harness adds to a step, each part in a tight loop: a difference of trainings drowns in a machine's noise."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import torch
from torch import nn

from genbench.batches import Batches
from genbench.curves import Curves
from genbench.meter import Meter
from genbench.stream import Stream
from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.pacing import Pacer

OFTEN = 20_000
BATCH, WIDTH = 256, 128


class Source:
    """Hands out the same rows, so that the stream alone is timed: order and gather cost the same in any loop."""

    def __init__(self) -> None:
        self._handed = (torch.empty(0), None)

    def __call__(self) -> tuple[torch.Tensor, None]:
        """Return them."""
        return self._handed

    def go_to(self, hand_outs: int) -> None:
        """Stand there."""


def costs(pacer: Pacer, rounds: int) -> None:
    """Tell seconds of a hand-out, of what counts and logs a step of two networks, and of the smallest such step."""
    torch.set_num_threads(1)
    step = _smallest_step()
    adam = torch.optim.Adam(nn.Linear(2, 2).parameters(), fused=True)
    model, loss = nn.Linear(2, 2), torch.zeros((), requires_grad=True) * 1
    counter, curves = UpdateCounter(model), Curves()
    parts: dict[str, Callable[[], object]] = {
        "hand_out": _hand_out_all,
        "count": lambda: [counter.count(adam) for _ in range(OFTEN)],
        "log": lambda: [curves.add(1, "loss", loss) for _ in range(OFTEN)],
        "step": lambda: [step() for _ in range(100)],
    }
    often = dict.fromkeys(parts, OFTEN) | {"step": 100}
    told: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, work in parts.items():
            told[name].append(_seconds(work, time.process_time) / often[name])
    pacer.ready(**told)


def listings(pacer: Pacer, rounds: int) -> None:
    """Tell CPU seconds of commands that list, beside the import of torch, in turns."""
    commands = {
        "--help": ["-m", "genbench", "--help"], "models": ["-m", "genbench", "models"], "torch": ["-c", "import torch"],
    }  # fmt: skip
    told: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            told[name].append(_seconds(lambda command=command: _run(command), _children_seconds))
    pacer.ready(**told)


def _hand_out_all() -> None:
    meter = Meter(lambda: None)
    meter.start()
    for _ in Batches(Stream(Source(), meter, hand_outs=OFTEN, photograph=lambda mark, seconds: None)):
        pass


def _smallest_step() -> Callable[[], None]:
    """Return a step of two rival perceptrons in the plane, of two hidden layers each."""
    networks = [_perceptron(2, 2), _perceptron(2, 1)]
    adams = [torch.optim.Adam(each.parameters(), fused=True) for each in networks]
    generator, discriminator = networks
    x = torch.randn(BATCH, 2)

    def step() -> None:
        fake = generator(torch.randn(BATCH, 2))
        judged = discriminator(torch.cat([x, fake.detach()])).chunk(2)
        loss_d = nn.functional.softplus(-judged[0]).mean() + nn.functional.softplus(judged[1]).mean()
        loss_g = nn.functional.softplus(-discriminator(fake)).mean()
        for adam, loss, network in zip(adams, (loss_g, loss_d), networks, strict=True):
            adam.zero_grad()
            torch.autograd.backward(loss, inputs=list(network.parameters()))
        for adam in adams:
            adam.step()

    return step


def _perceptron(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, outputs)
    )  # fmt: skip


def _seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    started = clock()
    work()
    return clock() - started


def _run(command: list[str]) -> None:
    subprocess.run([sys.executable, *command], check=True, capture_output=True)


def _children_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def added(told: dict[str, list[float]], *, steps: int = 2) -> tuple[float, float]:
    """Return the shares of the smallest step that a hand-out takes, alone and with two counts and two logged losses."""
    median = {name: statistics.median(values) for name, values in told.items()}
    alone = median["hand_out"]
    return alone / median["step"], (alone + steps * (median["count"] + median["log"])) / median["step"]
