"""What the density baselines and the autoregressive models owe besides the contract: exact likelihoods, odd shapes."""

from __future__ import annotations

import pytest
import torch

from genbench.batches import Batches
from genbench.updates import UpdateCounter
from genbench_autoregressive import mdn, wavenet
from genbench_density import gmm, kde, pca_gaussian

PLUGINS = {"wavenet": wavenet, "mdn": mdn, "gmm": gmm, "kde": kde, "pca_gaussian": pca_gaussian}
SHAPES = {"image": [(1, 8, 8), (3, 3, 5)], "points": [(2,), (19,)], "wave": [(1, 64), (2, 150)], "tokens": [(24,)]}
CASES = [
    pytest.param(plugin, kind, shape, id=f"{name}-{kind}-{shape}")
    for name, plugin in PLUGINS.items()
    for kind in plugin.kinds()
    for shape in SHAPES[kind]
]
MODELS = pytest.mark.parametrize("plugin", PLUGINS.values(), ids=PLUGINS)
CLASSES = 7


def _rows(kind, shape, count: int = 64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    if kind == "tokens":
        return torch.randint(CLASSES, (count, *shape), generator=generator)
    rows = torch.rand(count, *shape, generator=generator)
    return {"image": rows, "wave": 2 * rows - 1, "points": 3 * rows}[kind]


def _task(make_task, kind, shape, **changes):
    tokens = {"dtype": torch.int64, "classes": CLASSES} if kind == "tokens" else {}
    return make_task(shape, kind=kind, **tokens, **changes)


def _built(plugin, task):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options())


def _smallest(plugin, make_task, **changes):
    kind = {mdn: "points", wavenet: "tokens"}.get(plugin, "points")
    shape = {"points": (2,), "tokens": (8,)}[kind]
    return _task(make_task, kind, shape, **changes), _rows(kind, shape)


@pytest.mark.parametrize(("plugin", "kind", "shape"), CASES)
def test_samples_and_likelihoods_are_of_the_task(plugin, kind, shape, make_task, make_batches) -> None:
    """Kills: samples out of range or of another dtype; a stretch, a frame or a rank that only fits powers of two; a
    photograph from which a model cannot be put back."""
    task, rows = _task(make_task, kind, shape), _rows(kind, shape)
    trained = _built(plugin, task)
    plugin.train(trained, make_batches(rows, 3))
    model = _built(plugin, task)
    model.load_state_dict(trained.state_dict())
    model.eval()
    with torch.no_grad():
        for count in (1, 3):
            drawn = plugin.sample(model, count)
            assert drawn.shape == (count, *shape)
            assert drawn.dtype == task.dtype
            assert drawn.isfinite().all()
        scored = plugin.log_likelihood(model, rows[:5])
    low, high = {"image": (0, 1), "wave": (-1, 1), "tokens": (0, CLASSES - 1)}.get(kind, (-torch.inf, torch.inf))
    assert low <= drawn.min() <= drawn.max() <= high
    assert scored.values.shape == (5,)
    assert scored.values.isfinite().all()
    assert scored.bound == "exact"
    expected = {"image": "pmf256", "wave": "pmf64", "tokens": "pmf"} if plugin is wavenet else {}
    assert scored.measure == expected.get(kind, "density")


@MODELS
def test_what_is_learnt_comes_from_the_stream(plugin, make_task, make_batches) -> None:
    """Kills: a model that a training leaves as it was."""
    task, rows = _smallest(plugin, make_task)
    before, after = _built(plugin, task), _built(plugin, task)
    plugin.train(after, make_batches(rows, 3))
    floats = [name for name, value in after.state_dict().items() if value.is_floating_point()]
    still = [name for name in floats if torch.equal(before.state_dict()[name], after.state_dict()[name])]
    assert still == []


@MODELS
def test_an_update_a_hand_out(plugin, make_task, make_stream) -> None:
    """Kills: several steps a hand-out, or a hand-out that trains nothing."""
    task, rows = _smallest(plugin, make_task)
    model, stream = _built(plugin, task), make_stream(rows, 5)
    with UpdateCounter(model) as updates:
        plugin.train(model, Batches(stream))
    assert stream.handed == 5
    expected = {wavenet: 5, mdn: 5, kde: 5}.get(plugin, "unobserved")
    assert set(updates.counts.values()) <= {expected, "unobserved"}
    assert expected in updates.counts.values()
