"""What every built-in model owes to the contract, on the smallest task of each kind that it supports.

All that nobody has to wait for: which of them the quick suite takes is said in `conftest`; `slow` are the rest.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from genbench.batches import Batches
from genbench.testing.suite import examine_all
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


@EVERY
def test_the_conformance_suite_passes(name, kind) -> None:
    """What every author's model is asked for, in one process; that each check can fail is tested in tests/testing."""
    assert [each for each in examine_all(name, kind, is_slow=False) if each.state == "fail"] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute")  # of what stands between two graphs: recurrent networks
@EVERY
def test_the_slow_checks_pass(name, kind) -> None:
    """Learning beats noise, memory does not grow, every choice of an option trains, compilation changes no number."""
    found = [each for each in examine_all(name, kind, is_slow=True) if each.state == "fail"]
    assert found == []


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


@pytest.mark.parametrize("name", ALWAYS)
@pytest.mark.parametrize("shape", PIXELS, ids=str)
def test_images_of_other_sizes(plugin, shape, make_task, rows_of, make_batches) -> None:
    """Kills: a convolutional stack that only knows sides of 28 and 32."""
    task = make_task(shape)
    model = _trained(plugin, task, rows_of(task), make_batches, 2).eval()
    with torch.no_grad():
        drawn = plugin.sample(model, 3, *(plugin.variants()[-1:] if hasattr(plugin, "variants") else ()))
    assert drawn.shape == (3, *shape)
    assert 0 <= drawn.min() <= drawn.max() <= 1


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
