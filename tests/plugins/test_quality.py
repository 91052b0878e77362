"""Both models learn: far better than noise on the digits within some hundred hand-outs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genbench.metrics.frechet import fd
from genbench_gan import gan
from genbench_vae import vae


@pytest.mark.slow
@pytest.mark.parametrize(("plugin", "steps"), [(vae, 400), (gan, 2400)], ids=["vae", "gan"])
def test_digits_are_learnt(plugin, steps, make_task, make_batches) -> None:
    """Kills: a learning rate at which nothing is learnt in the budgets that people start with."""
    digits = pytest.importorskip("sklearn.datasets").load_digits().images[:, None] / 16
    torch.manual_seed(0)
    model = plugin.build(make_task(batch_size=128), plugin.Options())
    plugin.train(model, make_batches(torch.from_numpy(digits[:997]).float(), steps, 128))
    model.eval()
    with torch.no_grad():
        drawn = plugin.sample(model, 500) if plugin is vae else plugin.sample(model, 500, "raw")
    held_out = digits[-500:].reshape(500, 64)
    noise = np.random.default_rng(0).random((500, 64))
    assert fd(held_out, drawn.reshape(500, 64).numpy()).value < 0.5 * fd(held_out, noise).value
