"""Does it learn anything at all?"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch

from genbench.metrics.energy import energy
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Note
from genbench.testing.places import CLASSES, make_noise, make_rows

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.hookspecs import Task
    from genbench.testing.stand import Stand

ROUNDS, DRAWN, ROWS = 600, 400, 2048
LOOKS = (1 / 30, 1 / 12, 1 / 4, 1 / 2, 1.0)  # after which shares of the hand-outs: a game may be lost again later
LITTLE = 0.8  # of the noise's distance to the rows: who is no nearer has hardly begun


@check(
    "learning",
    f"some time in {ROUNDS} hand-outs of 64 rows samples are nearer to the rows than uniform noise is, at the defaults",
    "check the sign of the loss, which parameters the optimiser holds, and the scale of what the network puts out",
    slow=True,
)
def learning(stand: Stand) -> None:
    """The energy distance of samples to held-out rows, beside that of noise."""
    task = stand.task(batch_size=64, examples=ROWS)
    rows, states = _rows(stand, task, ROWS, 3), list[Any]()
    trained = stand.train(
        task,
        rows=(rows, torch.zeros(ROWS, dtype=torch.int64)),
        steps=ROUNDS,
        marks=LOOKS,
        photograph=lambda model: states.append(copy.deepcopy(model.state_dict())),
    )
    real = _rows(stand, task, DRAWN, 4)
    of_noise = _distance(stand, real, make_noise(task, DRAWN))
    shares = {}
    for state in [trained.model.state_dict(), *states]:
        trained.model.load_state_dict(state)
        for name in stand.variants:
            drawn = stand.draw(trained, DRAWN, variant=name).cpu()
            shares[_distance(stand, real, drawn) / of_noise] = name
    best = min(shares)
    told = f"the distance of its samples to the rows is {best:.2f} of the noise's (variant '{shares[best]}')"
    if best >= 1:
        raise Flaw(told)
    if best > LITTLE:
        raise Note(told)


def _rows(stand: Stand, task: Task, count: int, seed: int) -> Tensor:
    """Return rows of one mode, since to lose some of several is no failure to learn."""
    generator = torch.Generator().manual_seed(seed)
    if stand.place == "points":  # a wide cloud aside
        return 1.0 + 0.5 * torch.randn(count, *task.shape, generator=generator)
    if stand.place == "table":  # a number aside and a category at random, so that no column is the same in all rows
        rows, _ = make_rows(task, count, seed, clusters=CLASSES)
        rows[:, 0] = 1.75 + 0.5 * torch.randn(count, generator=generator)
        return rows
    return make_rows(task, count, seed, clusters=1)[0]


def _distance(stand: Stand, real: Tensor, made: Tensor) -> float:
    def rows(values: Tensor) -> Tensor:
        one_hot = torch.nn.functional.one_hot(values, stand.task().classes or 0) if stand.place == "tokens" else values
        return one_hot.flatten(1).double()

    return max(energy(rows(real).numpy(), rows(made).numpy()).value or 0.0, 0.0)
