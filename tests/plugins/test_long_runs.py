"""Every built-in model trains for 500 hand-outs, in both precisions, on the smallest task of each of its kinds."""

from __future__ import annotations

import pytest
import torch

from genbench.batches import Batches

STEPS = 500


@pytest.mark.slow
@pytest.mark.every_model
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_nothing_diverges_at_the_defaults(plugin, kind, precision, task_of, rows_of, make_stream) -> None:
    """Kills: a learning rate or a weight at which a loss explodes; a root or a logarithm that is NaN after a while.

    The stream ends early where a loss that is logged is not finite.
    """
    task = task_of(kind, precision=precision)
    torch.manual_seed(0)
    model = plugin.build(task, plugin.Options()).train()
    stream = make_stream(rows_of(task), STEPS)
    plugin.train(model, Batches(stream))
    assert stream.handed == STEPS
    assert all(value.isfinite().all() for value in model.state_dict().values())
    model.eval()
    for variant in plugin.variants() if hasattr(plugin, "variants") else (None,):
        with torch.no_grad():
            drawn = plugin.sample(model, 32, *([variant] if variant else []))
        assert drawn.isfinite().all()
        assert len(drawn.flatten(1).unique(dim=0)) > 1
