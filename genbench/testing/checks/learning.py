"""Does it learn anything at all?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from genbench.metrics.energy import energy
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Note
from genbench.testing.places import make_noise, make_rows

if TYPE_CHECKING:
    from genbench.hookspecs import Task
    from genbench.testing.stand import Stand

ROUNDS, DRAWN, ROWS = 600, 400, 2048
LITTLE = 0.8  # of the noise's distance to the rows: who is no nearer has hardly begun


@check(
    "learning",
    f"after {ROUNDS} hand-outs of 64 rows samples are nearer to the rows than uniform noise is, at the defaults",
    "check the sign of the loss, which parameters the optimiser holds, and the scale of what the network puts out",
    slow=True,
)
def learning(stand: Stand) -> None:
    """The energy distance of samples to held-out rows, beside that of noise."""
    task = stand.task(batch_size=64, examples=ROWS)
    trained = stand.train(task, rows=_rows(stand, task, ROWS, 3), steps=ROUNDS)
    real, noise = _rows(stand, task, DRAWN, 4)[0], make_noise(task, DRAWN)
    made = {name: stand.draw(trained, DRAWN, variant=name).cpu() for name in stand.variants}
    of_noise = _distance(stand, real, noise)
    shares = {name: _distance(stand, real, drawn) / of_noise for name, drawn in made.items()}
    best = min(shares, key=lambda name: shares[name])
    told = f"the distance of its samples to the rows is {shares[best]:.2f} of the noise's (variant '{best}')"
    if shares[best] >= 1:
        raise Flaw(told)
    if shares[best] > LITTLE:
        raise Note(told)


def _rows(stand: Stand, task: Task, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows and labels; of points one cloud aside, since losing a mode of several is no failure to learn."""
    rows, labels = make_rows(task, count, seed)
    if stand.place == "points":
        rows = 1.0 + 0.5 * torch.randn(rows.shape, generator=torch.Generator().manual_seed(seed))
    return rows, labels


def _distance(stand: Stand, real: torch.Tensor, made: torch.Tensor) -> float:
    def rows(values: torch.Tensor) -> torch.Tensor:
        one_hot = torch.nn.functional.one_hot(values, stand.task().classes or 0) if stand.place == "tokens" else values
        return one_hot.flatten(1).double()

    return max(energy(rows(real).numpy(), rows(made).numpy()).value or 0.0, 0.0)
