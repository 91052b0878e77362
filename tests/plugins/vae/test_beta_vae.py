"""The weighed bound."""

from __future__ import annotations

import torch

from genbench_vae import beta_vae, bounds


def _rate(beta: float, task, rows, make_batches) -> float:
    torch.manual_seed(0)
    model = beta_vae.build(task, beta_vae.Options(beta=beta))
    beta_vae.train(model, make_batches(rows, 150))
    with torch.no_grad():
        return bounds.divergences(*model.posterior(rows)).sum(1).mean().item()


def test_the_rate_falls_as_beta_rises(make_task, rows_of, make_batches) -> None:
    """Kills: beta that divides; beta on the wrong term."""
    task = make_task((1, 8, 8))
    rows = rows_of(task).round()
    rates = [_rate(beta, task, rows, make_batches) for beta in (0.1, 1.0, 10.0)]
    assert rates[0] > 1.5 * rates[1] > 3 * rates[2]
