"""No hybrid diverges in five hundred steps at its defaults, on the smallest task of each kind, in either precision."""

from __future__ import annotations

import importlib

import pytest
import torch

from genbench.batches import Batches

NAMES = ("vae_gan", "aae", "alpha_gan", "avb", "veegan", "mode_reg_gan")
STEPS, LARGEST = 500, 1e4  # of a loss


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", ["image", "points", "table", "wave"])
@pytest.mark.parametrize("name", NAMES)
def test_five_hundred_steps(name, kind, precision, task_of, rows_of, make_stream) -> None:
    """Kills: a posterior that runs away from its discriminator; a loss that overflows in bfloat16."""
    plugin = importlib.import_module(f"genbench_hybrids.{name}")
    task = task_of(kind, precision=precision)
    torch.manual_seed(0)
    model, worst = plugin.build(task, plugin.Options()).train(), []

    class Watched(Batches):
        def log(self, **losses):
            worst.append(max(float(loss.detach().abs()) for loss in losses.values()))

    stream = make_stream(rows_of(task, 256), STEPS)
    plugin.train(model, Watched(stream))
    assert stream.handed == STEPS
    assert max(worst) < LARGEST
    assert all(value.isfinite().all() for value in model.state_dict().values())
    model.eval()
    with torch.no_grad():
        for variant in plugin.variants():
            assert plugin.sample(model, 9, variant).isfinite().all()
