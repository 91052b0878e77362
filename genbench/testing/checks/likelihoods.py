"""Is a log-likelihood one? Where rows come from a density that is known, no model's can be above it on average.

E log q(x) <= E log p(x) for every density q, since the Kullback-Leibler divergence is not negative (J. W. Gibbs; T. M.
Cover, J. A. Thomas, Elements of Information Theory, 2nd edition, 2006, equation 2.83); so also for every lower bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Inapplicable
from genbench.testing.places import make_rows

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.hookspecs import Task
    from genbench.testing.stand import Stand

MEASURES = ("density", "bernoulli", "pmf")
HELD_OUT, TRAINING, FEW = 128, 512, 20  # rows (a bound by a thousand samples each takes its time), rows, hand-outs
INK = 0.3  # share of pixels that are 1
ERRORS = 4.0  # standard errors that a mean may be above what is possible


@check(
    "likelihood",
    "`log_likelihood` gives one finite number a row, of a named bound and measure, in whatever order rows come",
    "sum over all axes but the first, and name what it is: Likelihood(values=..., bound='elbo', measure='density')",
)
def named(stand: Stand) -> None:
    """Values belong to their rows, and discrete ones are no more than probabilities."""
    trained = stand.trained
    if "log_likelihood" not in trained.hooks.implemented:
        raise Inapplicable("it states no likelihood")
    rows = make_rows(trained.task, 7)[0].to(stand.device)
    found = trained.hooks.log_likelihood(trained.model, rows, phase="likelihood")
    if not found.bound or not found.measure.startswith(MEASURES):
        expected = f"the name of a bound, and a measure that begins with {', '.join(MEASURES)}"
        raise Flaw(f"bound '{found.bound}', measure '{found.measure}'", expected=expected)
    if not bool(found.values.isfinite().all()):
        raise Flaw("values are not finite")
    if not found.measure.startswith("density") and bool((found.values > 0).any()):
        raise Flaw(f"the logarithm of a probability is {float(found.values.max()):.3g}", expected="none above 0")
    if found.bound == "exact":
        turned = trained.hooks.log_likelihood(trained.model, rows.flip(0), phase="likelihood").values.flip(0)
        if not torch.allclose(found.values, turned, rtol=1e-3, atol=1e-3):
            raise Flaw("rows in the opposite order have other values, though the bound is exact")


@check(
    "known density",
    "on rows of a known density, no mean log-likelihood above that density's own, beyond sampling error",
    "look for a missing normalising constant, a log-determinant of the wrong sign, nats that are bits or means",
)
def known(stand: Stand) -> None:
    """On independent values: normal ones, uniform waves, binary pixels, equally likely tokens."""
    if "log_likelihood" not in stand.trained.hooks.implemented:
        raise Inapplicable("it states no likelihood")
    if stand.place == "table":
        raise Inapplicable("a table's columns have no density that is known")
    task = stand.task()
    rows, _ = _drawn(task, TRAINING, 5)
    trained = stand.train(rows=(rows, torch.zeros(len(rows), dtype=torch.int64)), steps=FEW)
    held_out, truth = _drawn(task, HELD_OUT, 6)
    found = trained.hooks.log_likelihood(trained.model, held_out.to(stand.device), phase="known")
    if task.kind == "image" and found.measure.startswith("density"):
        raise Inapplicable("a density of pixels, which take few values, has no upper limit")
    above = found.values.double().cpu() - truth
    mean, error = float(above.mean()), float(above.std()) / math.sqrt(len(above))
    if mean > ERRORS * error + 1e-6:
        told = f"{float(found.values.mean()):.4g} nats a row"
        raise Flaw(f"{found.bound} of held-out rows is {told}, {mean:.3g} ± {error:.2g} more than is possible")


def _drawn(task: Task, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return rows of independent values, and the log-density [count] of each, float64."""
    generator, size = torch.Generator().manual_seed(seed), math.prod(task.shape)
    if task.kind == "tokens":
        rows = torch.randint(task.classes or 1, (count, *task.shape), generator=generator)
        return rows, torch.full((count,), -size * math.log(task.classes or 1), dtype=torch.float64)
    if task.kind == "wave":
        return torch.rand(count, *task.shape, generator=generator) - 0.5, torch.zeros(count, dtype=torch.float64)
    if task.kind == "image":
        rows = (torch.rand(count, *task.shape, generator=generator) < INK).float()
        ink = rows.flatten(1).sum(1).double()
        return rows, ink * math.log(INK) + (size - ink) * math.log1p(-INK)
    rows = torch.randn(count, *task.shape, generator=generator)
    return rows, -0.5 * (rows.flatten(1).double().square().sum(1) + size * math.log(2 * math.pi))
