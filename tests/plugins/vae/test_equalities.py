"""Models that are one another at some value of an option: bit for bit, through training, on every kind."""

from __future__ import annotations

import pytest
import torch

from genbench_vae import beta_tcvae, beta_vae, dip_vae, iwae, vae

KINDS = ["points", "table", "image", "wave", "tokens"]


def _trained(plugin, task, rows, make_batches, **options):
    torch.manual_seed(0)
    model = plugin.build(task, plugin.Options(**options))
    torch.manual_seed(1)
    plugin.train(model, make_batches(rows, 8))
    return model.state_dict()


def _same(first, second) -> bool:
    return list(first) == list(second) and all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.parametrize("kind", KINDS)
def test_beta_1_is_the_plain_model(kind, task_of, rows_of, make_batches) -> None:
    """Kills: beta on the reconstruction; beta applied before free bits; another order of networks or noise."""
    task, rows = task_of(kind), rows_of(task_of(kind))
    plain = _trained(vae, task, rows, make_batches)
    assert _same(plain, _trained(beta_vae, task, rows, make_batches, beta=1.0))
    charged = {"free_bits": 0.0}  # of text, the first steps stay below them
    plain = _trained(vae, task, rows, make_batches, **charged)
    assert _same(plain, _trained(beta_vae, task, rows, make_batches, beta=1.0, **charged))
    assert not _same(plain, _trained(beta_vae, task, rows, make_batches, beta=1.5, **charged))


@pytest.mark.parametrize("kind", KINDS)
def test_one_importance_sample_is_the_sampled_bound(kind, task_of, rows_of, make_batches) -> None:
    """Kills: a lost log k; noise of another shape or order; weights that are normalised over rows."""
    task, rows = task_of(kind), rows_of(task_of(kind))
    sampled = _trained(vae, task, rows, make_batches, kl="sampled")
    assert _same(sampled, _trained(iwae, task, rows, make_batches, k=1))
    assert not _same(sampled, _trained(iwae, task, rows, make_batches, k=2))
    assert not _same(sampled, _trained(vae, task, rows, make_batches))


def test_no_penalty_is_the_plain_model(task_of, rows_of, make_batches) -> None:
    """Kills: a penalty that is added with weight 0 and yet moves something."""
    task, rows = task_of("image"), rows_of(task_of("image"))
    plain = _trained(vae, task, rows, make_batches)
    assert _same(plain, _trained(dip_vae, task, rows, make_batches, off_diagonal=0, diagonal=0))


def test_equal_weights_are_the_sampled_bound(task_of, rows_of, make_batches) -> None:
    """Kills: parts of the divergence that do not sum to it. The sums differ in their last bits."""
    task, rows = task_of("image"), rows_of(task_of("image"))
    sampled = _trained(vae, task, rows, make_batches, kl="sampled")
    parts = _trained(beta_tcvae, task, rows, make_batches, beta=1.0)
    for name, value in sampled.items():
        torch.testing.assert_close(value, parts[name], rtol=1e-3, atol=1e-4)
