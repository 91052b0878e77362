"""What every built-in model owes to the contract, on the smallest task of each kind that it supports.

All that nobody has to wait for: which of them the quick suite takes is said in `conftest`; `slow` are the rest.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from genbench import Likelihood
from genbench.batches import Batches
from genbench.updates import UpdateCounter

ALWAYS = ("vae", "gan")  # tested on more shapes than the smallest
PAGES = Path(__file__).parents[2] / "docs" / "models"
PIXELS = [(1, 28, 28), (3, 32, 32), (3, 12, 20), (1, 10, 10)]


EVERY = pytest.mark.every_model


def _built(plugin, task, **options):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options))


def _trained(plugin, task, rows, make_batches, steps: int = 4):
    model = _built(plugin, task)
    torch.manual_seed(2)
    model.train()
    plugin.train(model, make_batches(rows, steps))
    return model


def _draw(plugin, model, count: int, seed: int = 3) -> torch.Tensor:
    model.eval()
    torch.manual_seed(seed)
    variant = plugin.variants()[-1:] if hasattr(plugin, "variants") else ()
    with torch.no_grad():
        return plugin.sample(model, count, *variant)


def _check_samples(drawn: torch.Tensor, count: int, task) -> None:
    assert (drawn.shape, drawn.dtype) == ((count, *task.shape), task.dtype)
    low, high = {"image": (0, 1), "wave": (-1, 1), "tokens": (0, (task.classes or 1) - 1)}.get(task.kind, (-1e9, 1e9))
    assert drawn.isfinite().all()
    assert drawn.min() >= low
    assert drawn.max() <= high


@EVERY
def test_samples_are_of_the_task(plugin, task, rows_of, make_batches) -> None:
    """Kills: logits or tanh instead of pixels in [0, 1]; one sample that loses its axis; samples that repeat."""
    model = _trained(plugin, task, rows_of(task), make_batches)
    for count in (1, 3, 65):
        _check_samples(_draw(plugin, model, count), count, task)
    assert not torch.equal(_draw(plugin, model, 65), _draw(plugin, model, 65, seed=4))


@EVERY
def test_a_rebuilt_model_draws_the_same(plugin, task, rows_of, make_batches) -> None:
    """Kills: what is learnt and not in the state; a sampler that changes the model."""
    model = _trained(plugin, task, rows_of(task), make_batches)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    drawn = _draw(plugin, model, 9)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    fresh = _built(plugin, task)
    fresh.load_state_dict(before)
    assert torch.equal(_draw(plugin, fresh, 9), drawn)


@EVERY
def test_two_trainings_agree_bit_for_bit(plugin, task, rows_of, make_batches) -> None:
    """Kills: noise from a generator that the harness does not seed."""
    first, second = (_trained(plugin, task, rows_of(task), make_batches).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@EVERY
def test_a_killed_training_goes_on_bit_for_bit(plugin, task, rows_of, halves) -> None:
    """Kills: an optimiser or a counter that `keep` is not told of; a stage that is done twice."""
    first, second = halves(lambda: _built(plugin, task).train(), plugin, rows_of(task))
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


@EVERY
def test_every_network_learns(plugin, task, rows_of, make_batches) -> None:
    """Kills: an optimiser that is given one network's parameters, or none of the decoder's variance."""
    before = {name: value.clone() for name, value in _built(plugin, task).named_parameters() if value.requires_grad}
    after = dict(_trained(plugin, task, rows_of(task), make_batches, 6).named_parameters())  # some move on every fifth
    idle = [name for name, value in before.items() if torch.equal(value, after[name])]
    assert [name for name in idle if not (name.startswith("discriminator.") and before[name].shape == (1,))] == []
    # what a critic adds to all its values cancels out of their differences


@EVERY
def test_a_hand_out_is_not_stepped_on_twice(plugin, task, rows_of, make_stream) -> None:
    """Kills: a generator that takes hand-outs of its own; an optimiser that steps twice."""
    model, stream = _built(plugin, task), make_stream(rows_of(task), 5)
    with UpdateCounter(model) as updates:
        plugin.train(model, Batches(stream))
    assert stream.handed == 5
    fewer = 5 // getattr(plugin.Options(), "critic_steps", 1)  # of the players that do not move on every hand-out
    assert set(updates.counts.values()) <= {5, fewer, "unobserved"}


@EVERY
def test_a_likelihood_is_named_and_finite(plugin, task, rows_of, make_batches) -> None:
    """Kills: a bound without a name; values that belong to other rows than those given."""
    if not hasattr(plugin, "log_likelihood"):
        pytest.skip("states no likelihood")
    model, rows = _trained(plugin, task, rows_of(task), make_batches), rows_of(task)[:7]
    model.eval()
    with torch.no_grad():
        found = plugin.log_likelihood(model, rows)
    assert isinstance(found, Likelihood)
    assert found.values.shape == (7,)
    assert found.values.isfinite().all()
    assert found.bound
    discrete = task.kind == "tokens"
    assert found.measure in (("pmf",) if discrete else ("density", "bernoulli")) or found.measure.startswith("pmf")
    assert not found.measure.startswith("pmf") or (found.values <= 0).all()


@EVERY
def test_bf16_trains_float32_weights(plugin, task_of, kind, rows_of, make_batches) -> None:
    """Kills: samples or weights that stay in bfloat16."""
    task = task_of(kind, precision="bf16")
    model = _trained(plugin, task, rows_of(task), make_batches, 2)
    assert torch.bfloat16 not in {value.dtype for value in model.state_dict().values()}
    _check_samples(_draw(plugin, model, 3), 3, task)


@EVERY
def test_the_card_names_its_source(plugin, task) -> None:
    card = plugin.card()
    assert card["paper"]
    assert card["bibtex"].startswith("@")
    assert card["sampling"]
    assert plugin.options() is plugin.Options
    assert all(field.description for field in plugin.Options.model_fields.values())


@EVERY
def test_a_page_describes_the_model(plugin, name) -> None:
    """Kills: a model that is installed and nowhere explained; an option that no page and no help names."""
    pages = "\n".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.md"))
    (section,) = re.findall(rf"^## `?{re.escape(name)}`?\n(.*?)(?=^## |\Z)", pages, re.M | re.S)
    assert len(section) > 150
    assert re.search(r"fail", section, re.I)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute")  # of what stands between two graphs: recurrent networks
@EVERY
def test_compilation_changes_no_name_and_no_number(plugin, task_of, kind, rows_of, make_batches, monkeypatch) -> None:
    """Kills: keys that begin with `_orig_mod`; noise drawn inside what is compiled, so in another order."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    plain, compiled = (
        _trained(plugin, task, rows_of(task), make_batches).state_dict()
        for task in (task_of(kind), task_of(kind, compile=True))
    )
    assert list(plain) == list(compiled)
    for name in plain:
        torch.testing.assert_close(plain[name], compiled[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ALWAYS)
@pytest.mark.parametrize("shape", PIXELS, ids=str)
def test_images_of_other_sizes(plugin, shape, make_task, rows_of, make_batches) -> None:
    """Kills: a convolutional stack that only knows sides of 28 and 32."""
    task = make_task(shape)
    _check_samples(_draw(plugin, _trained(plugin, task, rows_of(task), make_batches, 2), 3), 3, task)


@pytest.mark.parametrize("name", ALWAYS)
def test_curves_are_watched_for_divergence(plugin, make_task, make_stream) -> None:
    """Kills: a loss logged under a name that the harness does not watch, so that NaN trains on to the budget's end."""
    stream = make_stream(torch.full((64, 1, 8, 8), torch.nan), 50)
    plugin.train(_built(plugin, make_task()), Batches(stream))
    assert stream.handed == 1


@pytest.mark.parametrize("name", ALWAYS)
def test_autocast_is_used(plugin, make_task, rows_of, make_batches, monkeypatch) -> None:
    """Kills: autocast that is left off."""
    seen = []
    real_forward = nn.Linear.forward
    spy = lambda self, x: seen.append((out := real_forward(self, x)).dtype) or out  # noqa: E731
    monkeypatch.setattr(nn.Linear, "forward", spy)
    task = make_task((2,), precision="bf16")
    _trained(plugin, task, rows_of(task), make_batches, 2)
    assert set(seen) == {torch.bfloat16}


@pytest.mark.parametrize("name", ALWAYS)
def test_options_are_obeyed(plugin, make_task) -> None:
    """Kills: a width or a latent size that is declared and then ignored."""
    model = _built(plugin, make_task(), latent=3, width=7)
    assert model.latent == 3
    assert {p.shape[0] for p in model.parameters() if p.ndim == 2} <= {7, 2 * 3, 64, 1}
