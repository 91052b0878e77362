"""VQ-VAE: the codebook's rules, which gradients pass where, and a prior that is a probability."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.updates import UpdateCounter
from genbench_vae import vq_vae
from genbench_vae.code_prior import CodePrior
from genbench_vae.codebook import Codebook, perplexity


def _codebook(codes: int = 6, size: int = 3, **options) -> Codebook:
    torch.manual_seed(0)
    return Codebook(codes, size, **({"decay": 0.9, "by_gradient": False} | options))


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 1000))
def test_the_nearest_entry_is_the_nearest(codes, size, seed) -> None:
    """Kills: argmin over vectors in the place of entries; the farthest; an entry's own square left out."""
    book = _codebook(codes, size)
    vectors = torch.randn(2, 5, size, generator=torch.Generator().manual_seed(seed))
    distances = (vectors[:, :, None] - book.entries).square().sum(dim=3)
    chosen = distances.gather(2, book.nearest(vectors)[..., None]).squeeze(2)
    torch.testing.assert_close(chosen, distances.min(dim=2).values)


def test_gradients_pass_straight_through() -> None:
    """Kills: a stop-gradient on the vectors in the place of the difference; values that are not the entries'."""
    book, weight = _codebook(), torch.randn(4, 3)
    vectors = torch.randn(4, 3, requires_grad=True)
    _, entries, passed = book(vectors)
    (passed * weight).sum().backward()
    assert torch.equal(vectors.grad, weight)
    torch.testing.assert_close(passed.detach(), entries)


def test_entries_move_by_their_own_loss_alone(make_task) -> None:
    """Kills: errors that reach the entries through the decoder; entries that learn though averages move them."""
    model = vq_vae.build(make_task(), vq_vae.Options(codebook="gradient"))
    x = torch.rand(16, 1, 8, 8)
    vectors = model.vectors(x).detach()
    own = (vectors - model.codebook.entries[model.codebook.nearest(vectors)]).square().mean()
    (expected,) = torch.autograd.grad(own, model.codebook.entries)
    vq_vae.objective(model, x).loss.backward()
    torch.testing.assert_close(model.codebook.entries.grad, expected)
    assert model.encoder[0][1].weight.grad.abs().sum() > 0
    assert not vq_vae.build(make_task(), vq_vae.Options()).codebook.entries.requires_grad


def test_the_commitment_moves_the_encoder_alone(make_task) -> None:
    """Kills: the commitment's stop-gradient on the vectors; the codebook's on the entries."""
    x = torch.rand(16, 1, 8, 8)
    grads = []
    for commitment in (0.0, 3.0):
        torch.manual_seed(0)
        model = vq_vae.build(make_task(), vq_vae.Options(codebook="gradient", commitment=commitment))
        vq_vae.objective(model, x).loss.backward()
        grads.append((model.codebook.entries.grad, model.encoder[0][1].weight.grad))
    assert torch.equal(grads[0][0], grads[1][0])
    assert not torch.equal(grads[0][1], grads[1][1])


def test_entries_become_the_means_of_their_vectors() -> None:
    """Kills: sums divided by the batch's rows; an average that keeps the new at the old one's weight."""
    book = _codebook(codes=2, size=2)
    vectors = torch.tensor([[0.0, 0.0], [2.0, 0.0], [10.0, 1.0], [10.0, 3.0], [10.0, 5.0]])
    codes = torch.tensor([0, 0, 1, 1, 1])
    for _ in range(300):
        book.follow(vectors, codes)
    torch.testing.assert_close(book.entries, torch.tensor([[1.0, 0.0], [10.0, 3.0]]))
    torch.testing.assert_close(book.uses, torch.tensor([2.0, 3.0]))


@pytest.mark.parametrize("by_gradient", [False, True])
def test_dead_entries_rise_on_the_batch(by_gradient) -> None:
    """Kills: entries that are never used again; living ones that are moved with them."""
    book = _codebook(codes=3, size=2, by_gradient=by_gradient)
    living = torch.tensor([[1.0, 1.0], [-1.0, 1.0]])
    with torch.no_grad():
        book.entries.copy_(torch.tensor([[1.0, 1.0], [-1.0, 1.0], [90.0, 90.0]]))
        book.uses.copy_(torch.tensor([5.0, 5.0, 0.01]))
        if not by_gradient:
            book.sums.copy_(book.entries * book.uses[:, None])
    book.follow(living.repeat(5, 1), torch.tensor([0, 1] * 5))
    torch.testing.assert_close(book.entries[:2].detach(), living)
    assert any(torch.equal(book.entries[2], row) for row in living)
    assert book.uses[2] == 1


def test_perplexity() -> None:
    """Kills: an entropy in bits; codes that are not used and make it NaN."""
    assert perplexity(torch.tensor([[0, 1], [2, 3]]), 9).item() == pytest.approx(4)
    assert perplexity(torch.zeros(5, dtype=torch.int64), 9).item() == pytest.approx(1)


def test_the_prior_sums_to_one() -> None:
    """Kills: a prior that sees the code that it foretells; places that are left out."""
    torch.manual_seed(0)
    prior = CodePrior(3, 4, 8)
    every = torch.tensor(list(itertools.product(range(3), repeat=4)))
    with torch.no_grad():
        assert prior.log_prob(every).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_the_prior_draws_what_it_says() -> None:
    """Kills: a state that is not handed on; another start than the one that was learnt; the place before."""
    torch.manual_seed(0)
    prior = CodePrior(2, 3, 8)
    with torch.no_grad():
        for each in prior.parameters():
            each.mul_(3)
        drawn = prior.draw(20_000)
        every = torch.tensor(list(itertools.product(range(2), repeat=3)))
        shares = torch.stack([(drawn == row).all(dim=1).float().mean() for row in every])
        torch.testing.assert_close(shares, prior.log_prob(every).exp(), rtol=0, atol=0.015)


def _logged(model, stream_batches) -> dict[str, list[float]]:
    seen: dict[str, list[float]] = {}
    stream_batches._stream.curves.add = lambda step, name, value: seen.setdefault(name, []).append(
        float(value.detach())
    )
    vq_vae.train(model, stream_batches)
    return seen


def test_digits_are_coded_by_many_codes(make_task, make_batches) -> None:
    """Kills: a codebook that collapses to one entry; a perplexity or a prior's loss that is not reported."""
    digits = pytest.importorskip("sklearn.datasets").load_digits().images[:997, None] / 16
    torch.manual_seed(0)
    model = vq_vae.build(make_task(batch_size=64), vq_vae.Options(decay=0.9))
    seen = _logged(model, make_batches(torch.from_numpy(digits).float(), 60, 64))
    assert set(seen) == {"loss", "perplexity", "loss_prior"}
    assert seen["perplexity"][-1] > 10
    assert seen["loss"][-1] < 0.6 * seen["loss"][0]
    assert seen["loss_prior"][-1] < math.log(128)


def test_the_prior_learns_nothing_into_the_codes(make_task, make_batches) -> None:
    """Kills: a prior's loss on codes with a gradient; one optimiser for both."""
    rows = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    states = []
    for width in (8, 16):
        torch.manual_seed(0)
        model = vq_vae.build(make_task(), vq_vae.Options(prior_width=width))
        torch.manual_seed(1)
        vq_vae.train(model, make_batches(rows, 6))
        states.append({name: value for name, value in model.state_dict().items() if not name.startswith("prior")})
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("staging", ["together", "staged"])
def test_each_stage_has_its_updates(staging, make_task, make_batches) -> None:
    """Kills: codes that still move while the staged prior learns; a prior that waits though it should not."""
    model = vq_vae.build(make_task(), vq_vae.Options(staging=staging))
    with UpdateCounter(model) as updates:
        vq_vae.train(model, make_batches(torch.rand(64, 1, 8, 8), 8))
    half = 4 if staging == "staged" else 8
    assert [updates.counts[name] for name in ("encoder", "decoder", "prior")] == [half, half, half]


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_the_joint_bounds_the_whole(shape, make_task) -> None:
    """Kills: a bound without the prior; entries put in another order than their codes: below the sum over all codes."""
    torch.manual_seed(0)
    slots = 2 if len(shape) == 1 or shape[1] == 8 else None
    model = vq_vae.build(make_task(shape), vq_vae.Options(codes=3 if slots else 2, slots=slots)).eval()
    x = torch.rand(4, *shape)
    places = math.prod(model.grid)
    every = torch.tensor(list(itertools.product(range(model.options.codes), repeat=places)))
    with torch.no_grad():
        found = vq_vae.log_likelihood(model, x)
        terms = [
            model.prior.log_prob(every) + model.decoder.log_prob(row.expand(len(every), *shape), model.placed(every))
            for row in x
        ]
        own = torch.stack([(every == codes).all(dim=1) for codes in model.codes(x)])
    joint = torch.stack(terms)
    assert (found.bound, found.measure) == ("joint", "density")
    torch.testing.assert_close(found.values, joint[own])
    assert (found.values <= torch.logsumexp(joint, dim=1)).all()


def test_a_sample_on_a_grid_keeps_its_places(make_task) -> None:
    """Kills: grids that are transposed on their way to the decoder."""
    model = vq_vae.build(make_task((1, 12, 20)), vq_vae.Options())
    codes = torch.arange(15)[None]
    assert torch.equal(model.placed(codes)[0, :, 1, 2], model.codebook.entries[7])
    x = torch.rand(2, 1, 12, 20)
    assert torch.equal(model.codes(x)[1].view(3, 5), model.codebook.nearest(model.vectors(x))[1])
