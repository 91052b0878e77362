"""Packs: what is in one, and what is left out."""

from __future__ import annotations

import pytest
import torch

from genbench_gan import gan, pacgan


def _built(task, **options) -> pacgan.PackedGan:
    torch.manual_seed(0)
    return pacgan.build(task, pacgan.Options(**options))


@pytest.mark.parametrize("shape", [(2,), (3, 4, 4), (1, 64)], ids=str)
def test_a_pack_stacks_rows_that_follow_one_another(shape) -> None:
    """Kills: rows mixed within a pack; packs of i and i + n / 2; a row too few that is filled up with another."""
    x = torch.randn(7, *shape)
    packs = pacgan.packed(x, 3)
    assert packs.shape == (2, 3 * shape[0], *shape[1:])
    torch.testing.assert_close(packs[0], x[:3].flatten(0, 1))
    torch.testing.assert_close(packs[1], x[3:6].flatten(0, 1))


@pytest.mark.parametrize("count", [6, 7])
def test_a_pack_is_all_real_or_all_fake(count, make_task, monkeypatch) -> None:
    """Kills: packs that are formed after real rows and fakes have been joined, so that one is of both."""
    model, seen = _built(make_task((2,)), pack=2), []
    forward = model.discriminator.forward
    monkeypatch.setattr(model.discriminator, "forward", lambda x: seen.append(x) or forward(x))
    of_real, of_fake = model.both(torch.ones(count, 2), torch.zeros(count, 2))
    assert of_real.shape == of_fake.shape == (3, 1)
    assert seen[0].mean(dim=1).tolist() == [1, 1, 1, 0, 0, 0]
    assert (of_real == of_real[0]).all()
    assert of_real[0] != of_fake[0]


def test_fakes_are_packed_too(make_task) -> None:
    """Kills: a generator that is judged row by row."""
    model = _built(make_task(), pack=4)
    assert model.logits(model.generator(model.noise(16))).shape == (4, 1)
    loss = gan.generator_objective(model, torch.empty(0), model.noise(16))
    torch.autograd.backward(loss)
    assert all(weight.grad.abs().sum() > 0 for weight in model.generator.parameters())


def test_rows_are_augmented_before_they_are_packed(make_task, monkeypatch) -> None:
    """Kills: one change for a whole pack."""
    model, seen = _built(make_task(), pack=2, augment=("translation",)), []
    monkeypatch.setattr(pacgan.PackedGan, "augmented", lambda self, x: seen.append(x.shape) or x)
    model.logits(torch.rand(6, 1, 8, 8))
    assert seen == [(6, 1, 8, 8)]


def test_a_batch_must_fill_a_pack(make_task) -> None:
    """Kills: a mean of nothing, which is NaN at the first step."""
    with pytest.raises(ValueError, match="pack=16 is more than the 8 rows of a batch"):
        _built(make_task(batch_size=8), pack=16)
