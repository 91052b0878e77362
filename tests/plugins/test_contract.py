"""What both built-in models owe to the contract, on every shape that they support."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from genbench.updates import UpdateCounter
from genbench_gan import gan
from genbench_vae import vae

SHAPES = [(2,), (1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 12, 20), (1, 10, 10)]
MODELS = pytest.mark.parametrize("plugin", [vae, gan], ids=["vae", "gan"])
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES, ids=str)


def _built(plugin, task, **options) -> nn.Module:
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options))


def _draw(plugin, model, count: int, variant: str = "raw") -> torch.Tensor:
    model.eval()
    with torch.no_grad():
        return plugin.sample(model, count) if plugin is vae else plugin.sample(model, count, variant)


def _trained(plugin, task, make_batches, steps: int = 4) -> nn.Module:
    model = _built(plugin, task)
    rows = torch.rand(64, *task.shape, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(2)
    plugin.train(model, make_batches(rows, steps))
    return model


@MODELS
@EVERY_SHAPE
def test_samples_are_of_the_task(plugin, shape, make_task, make_batches) -> None:
    """Kills: a convolutional stack that only knows sides of 28 and 32; logits or tanh instead of pixels in [0, 1]."""
    model = _trained(plugin, make_task(shape), make_batches, 2)
    for count in (1, 3, 257):
        drawn = _draw(plugin, model, count, "ema")
        assert drawn.shape == (count, *shape)
        assert drawn.dtype == torch.float32
        assert drawn.isfinite().all()
        if len(shape) == 3:
            assert drawn.min() >= 0
            assert drawn.max() <= 1


@MODELS
@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_every_network_learns(plugin, shape, make_task, make_batches) -> None:
    """Kills: an optimiser that is given one network's parameters, or none of the decoder's variance."""
    task = make_task(shape)
    before, after = _built(plugin, task).state_dict(), _trained(plugin, task, make_batches).state_dict()
    floats = [name for name, value in before.items() if value.is_floating_point()]
    still = [name for name in floats if torch.equal(before[name], after[name])]
    assert still == []


@MODELS
def test_two_trainings_agree_bit_for_bit(plugin, make_task, make_batches) -> None:
    """Kills: noise from a generator that the harness does not seed."""
    first, second = (_trained(plugin, make_task((1, 12, 12)), make_batches).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@MODELS
def test_an_update_a_hand_out(plugin, make_task, make_stream) -> None:
    """Kills: a generator that takes hand-outs of its own, or steps twice."""
    from genbench.batches import Batches

    model = _built(plugin, make_task())
    stream = make_stream(torch.rand(64, 1, 8, 8), 5)
    with UpdateCounter(model) as updates:
        plugin.train(model, Batches(stream))
    assert stream.handed == 5
    trained = {"encoder", "decoder", "generator", "discriminator"}
    assert {count for name, count in updates.counts.items() if name in trained} == {5}


@MODELS
def test_curves_are_watched_for_divergence(plugin, make_task, make_stream) -> None:
    """Kills: a loss logged under a name that the harness does not watch, so that NaN trains on to the budget's end."""
    from genbench.batches import Batches

    stream = make_stream(torch.full((64, 1, 8, 8), torch.nan), 50)
    plugin.train(_built(plugin, make_task()), Batches(stream))
    assert stream.handed == 1


@MODELS
def test_what_a_killed_trial_needs_is_kept(plugin, make_task, make_stream) -> None:
    """Kills: an optimiser that `keep` is not told of, so that a resumed trial starts its moments at zero."""
    from genbench.batches import Batches

    stream = make_stream(torch.rand(64, 1, 8, 8), 3)
    model = _built(plugin, make_task())
    plugin.train(model, Batches(stream))
    held = {id(p) for kept in stream.kept.values() for group in kept.param_groups for p in group["params"]}
    assert held == {id(p) for p in model.parameters() if p.requires_grad}


@MODELS
@pytest.mark.parametrize(("shape", "compiled"), [((2,), False), ((1, 12, 12), False), ((2,), True)])
def test_bf16_trains_float32_weights(plugin, shape, compiled, make_task, make_batches, monkeypatch) -> None:
    """Kills: samples or losses that stay in bfloat16; autocast that is left off."""
    seen = []
    real_forward = nn.Linear.forward
    spy = lambda self, x: seen.append((out := real_forward(self, x)).dtype) or out  # noqa: E731
    if not compiled:
        monkeypatch.setattr(nn.Linear, "forward", spy)
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    model = _trained(plugin, make_task(shape, precision="bf16", compile=compiled), make_batches, 2)
    assert compiled or set(seen) == {torch.bfloat16}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    drawn = _draw(plugin, model, 3)
    assert drawn.dtype == torch.float32
    assert drawn.isfinite().all()


@MODELS
def test_compilation_changes_no_name_and_no_number(plugin, make_task, make_batches, monkeypatch) -> None:
    """Kills: keys that begin with `_orig_mod`; noise drawn inside what is compiled, so in another order."""
    calls = []
    real = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f: calls.append(f) or real(f, backend="eager"))
    eager = _trained(plugin, make_task(), make_batches).state_dict()
    assert calls == []
    compiled = _trained(plugin, make_task(compile=True), make_batches).state_dict()
    assert calls
    assert list(eager) == list(compiled)
    for name in eager:
        torch.testing.assert_close(eager[name], compiled[name], rtol=1e-4, atol=1e-5)


@MODELS
def test_options_are_obeyed(plugin, make_task) -> None:
    """Kills: a width or a latent size that is declared and then ignored."""
    model = _built(plugin, make_task(), latent=3, width=7)
    assert model.size[:2] == (3, 7)
    assert {p.shape[0] for p in model.parameters() if p.ndim == 2} <= {7, 2 * 3, 64, 1}


@MODELS
def test_the_card_names_its_source(plugin) -> None:
    card = plugin.card()
    assert "arXiv" in card["paper"]
    assert card["bibtex"].startswith("@")
    assert card["sampling"]
    assert set(plugin.kinds()) == {"image", "points"}
    assert plugin.options() is plugin.Options
