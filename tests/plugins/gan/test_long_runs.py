"""Every model of the family trains for 500 hand-outs, in both precisions, on the smallest task of each of its kinds."""

from __future__ import annotations

import importlib

import pytest
import torch

from genbench.batches import Batches
from genbench.plugins import find_all

MODULES = {
    each.name: each.module
    for each in find_all("genbench.models")
    if each.module.startswith("genbench_gan.") and importlib.util.find_spec(each.module)
}
STEPS = 500


def _kinds(name: str) -> list[str]:
    kinds = importlib.import_module(MODULES[name]).kinds()
    return [*kinds, "table"] if "points" in kinds else list(kinds)


CELLS = [pytest.param(name, kind, id=f"{name}-{kind}") for name in sorted(MODULES) for kind in _kinds(name)]


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(("name", "kind"), CELLS)
def test_nothing_diverges_at_the_defaults(name, kind, precision, task_of, rows_of, make_stream) -> None:
    """Kills: a learning rate or a weight at which a loss explodes; a root or a logarithm that is NaN after a while.

    The stream ends early where a loss that is logged is not finite.
    """
    plugin, task = importlib.import_module(MODULES[name]), task_of(kind, precision=precision)
    torch.manual_seed(0)
    model = plugin.build(task, plugin.Options()).train()
    stream = make_stream(rows_of(task), STEPS)
    plugin.train(model, Batches(stream))
    assert stream.handed == STEPS
    assert all(value.isfinite().all() for value in model.state_dict().values())
    model.eval()
    for variant in plugin.variants():
        with torch.no_grad():
            drawn = plugin.sample(model, 32, variant)
        assert drawn.isfinite().all()
        assert len(drawn.flatten(1).unique(dim=0)) > 1
