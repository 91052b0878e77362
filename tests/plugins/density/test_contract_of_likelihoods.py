"""What the density baselines and the autoregressive models owe to the contract, on every kind that they support."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from genbench.batches import Batches
from genbench.graphs import Graphed
from genbench.steps import adam
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
def test_two_trainings_agree_and_go_on_bit_for_bit(plugin, make_task, make_stream) -> None:
    """Kills: what is learnt held in a local variable or an attribute; draws from generators that nobody seeds; an
    optimiser that `keep` is not told of; a first hand-out that is taken twice."""
    task, rows = _smallest(plugin, make_task)

    def trained(model, stream):
        plugin.train(model, Batches(stream))
        return model, stream

    torch.manual_seed(3)
    whole, _ = trained(_built(plugin, task), make_stream(rows, 6))
    first, stream = trained(_built(plugin, task), make_stream(rows, 3))
    again = make_stream(rows, 6)
    generator = torch.get_rng_state()

    class Resumed(Batches):
        def keep(self, **objects):
            second.load_state_dict(first.state_dict())
            for name, each in objects.items():
                each.load_state_dict(stream.kept[name].state_dict())
            again._feed.go_to(3)
            again.handed = 3
            torch.set_rng_state(generator)

    second = _built(plugin, task)
    plugin.train(second, Resumed(again))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


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


@pytest.mark.parametrize("plugin", [wavenet, mdn], ids=["wavenet", "mdn"])
@pytest.mark.parametrize("compiles", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_bf16_and_compilation(plugin, compiles, make_task, make_batches, monkeypatch) -> None:
    """Kills: losses or samples that stay in bfloat16; keys that begin with `_orig_mod`."""
    real = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f: real(f, backend="eager"))
    kind, shape = ("wave", (1, 300))
    task = _task(make_task, kind, shape, precision="bf16", compile=compiles)
    model = _built(plugin, task)
    names = list(model.state_dict())
    plugin.train(model, make_batches(_rows(kind, shape), 2))
    model.eval()
    with torch.no_grad():
        assert plugin.sample(model, 2).dtype == torch.float32
    assert list(model.state_dict()) == names
    assert {each.dtype for each in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("plugin", [wavenet, mdn], ids=["wavenet", "mdn"])
def test_steps_are_one_function_of_tensors(plugin, make_task) -> None:
    """Kills: a step that draws on the host, counts in Python or reads a tensor's value: no graph could replay it."""

    class Once:
        """Runs what it should record."""

        def aside(self, work):
            work()

        def record(self, work):
            return (lambda: work()), work()

    task, rows = _smallest(plugin, make_task)
    model = _built(plugin, task)
    if plugin is mdn:
        model.network.begin(rows)
    optimiser = adam(model.parameters(), task, lr=1e-3)
    step = Graphed(partial(plugin._step, plugin.objective, model, optimiser), model, (optimiser,), Once())
    for _ in range(3):
        assert step(rows[:16])["loss"].isfinite()


@MODELS
def test_the_card_names_its_source(plugin) -> None:
    card = plugin.card()
    assert card["paper"]
    assert card["bibtex"].startswith("@")
    assert card["sampling"]
    assert plugin.options() is plugin.Options
