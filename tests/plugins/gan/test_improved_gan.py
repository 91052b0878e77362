"""The five parts, each against its formula; and that with none of them the model is the plain one."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from genbench_gan import gan, improved_gan
from genbench_gan.improvements import History, MinibatchDiscrimination, VirtuallyNormalised, VirtualNorm, closeness
from genbench_gan.networks import normalised

OFF = {"kernels": 0, "smooth": 1.0}
KINDS = pytest.mark.parametrize("kind", ["points", "image", "wave"])


def _built(task, **options):
    torch.manual_seed(0)
    return improved_gan.build(task, improved_gan.Options(**options)).train()


@KINDS
def test_with_all_parts_off_it_is_the_plain_model(kind, task_of, rows_of, make_batches) -> None:
    """Kills: a part that is built and not used; two passes of the discriminator for one; smoothing by 1 that rounds."""
    states = []
    for plugin, options in ((gan, {}), (improved_gan, OFF), (improved_gan, OFF | {"smooth": 0.9})):
        torch.manual_seed(0)
        model = plugin.build(task_of(kind), plugin.Options(**options)).train()
        torch.manual_seed(1)
        plugin.train(model, make_batches(rows_of(task_of(kind)), 5))
        states.append(model.state_dict())
    plain, off, smoothed = states
    assert list(plain) == list(off)
    assert all(torch.equal(value, off[name]) for name, value in plain.items())
    assert not all(torch.equal(value, smoothed[name]) for name, value in plain.items())


@pytest.mark.parametrize(
    "part",
    [{"feature_matching": True}, {"kernels": 4}, {"history": 0.1}, {"virtual_norm": True}, {"supervised": True}],
    ids=lambda part: next(iter(part)),
)
def test_every_part_trains_and_goes_on_where_it_stood(part, task_of, rows_of, make_stream, halves) -> None:
    """Kills: a part that is switched and ignored; a history or a reference that the state leaves out."""
    task = task_of("points", labelled=True, classes=3)
    if "supervised" in part:
        model = _built(task, **OFF, **part)
        assert model.discriminator[-1].out_features == 3
        return
    first, second = halves(lambda: _built(task, **(OFF | part)), improved_gan, rows_of(task))
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    plain, _ = halves(lambda: _built(task, **OFF), improved_gan, rows_of(task))
    assert any(name not in plain or not torch.equal(value, plain[name]) for name, value in first.items())


def test_closeness_counts_the_others() -> None:
    """Kills: a row compared with itself; the square of a distance; a mean over rows; features that are not flat."""
    same = torch.ones(6, 3, 5)
    torch.testing.assert_close(closeness(same), torch.full((6, 3), 5.0))
    apart = 1e3 * torch.arange(6.0)[:, None, None] * same
    assert closeness(apart).max() == 0
    m = torch.randn(5, 3, 2)
    expected = torch.zeros(5, 3)
    for i in range(5):
        for j in range(5):
            expected[i] += 0 if i == j else torch.exp(-(m[i] - m[j]).abs().sum(dim=1))
    torch.testing.assert_close(closeness(m), expected)


def test_closeness_moves_with_its_rows() -> None:
    """Kills: sums over the wrong axis; gradients that reach one side of a pair alone."""
    torch.manual_seed(0)
    layer, f, order = MinibatchDiscrimination(7, 4), torch.randn(6, 7, requires_grad=True), torch.randperm(6)
    torch.testing.assert_close(layer(f)[order], layer(f[order]))
    assert torch.equal(layer(f)[:, :7], f)
    (slope,) = torch.autograd.grad(layer(f)[0, 7:].sum(), f)
    assert (slope.abs().sum(dim=1) > 0).all()


def test_directions_are_of_length_1() -> None:
    """Kills: distances that grow with the features' number, under which every o is 0."""
    torch.manual_seed(0)
    layer, f = MinibatchDiscrimination(7, 4), torch.randn(6, 7)
    before = layer(f)
    with torch.no_grad():
        layer.directions.mul_(9)
    torch.testing.assert_close(layer(f), before)


def test_real_and_fake_rows_are_compared_apart(task_of, rows_of) -> None:
    """Kills: fakes that are compared with real rows of the same pass."""
    model, x = _built(task_of("points")), rows_of(task_of("points"))
    real, fake = x[:32], x[32:]
    torch.testing.assert_close(model.both(real, fake)[0], model.both(real, 5 + fake)[0])
    assert not torch.allclose(model.logits(torch.cat([real, fake]))[:32], model.both(real, fake)[0])


def test_only_real_targets_are_smoothed() -> None:
    """Kills: smoothing of both sides; targets of .1. At the best logits D = .9 of real rows, and 0 of fakes."""
    zero = torch.zeros(5, 1)
    assert improved_gan.discriminator_loss(zero, zero, 0.9).item() == pytest.approx(2 * 0.693147, abs=1e-5)
    best = torch.logit(torch.full((5, 1), 0.9)).requires_grad_()
    fake = torch.full((5, 1), -30.0)
    loss = improved_gan.discriminator_loss(best, fake, 0.9)
    (slope,) = torch.autograd.grad(loss, best)
    assert slope.abs().max() < 1e-6
    assert loss.item() == pytest.approx(0.325083, abs=1e-5)  # the entropy of .9


def test_features_match_where_their_means_do() -> None:
    """Kills: means over features; distances of rows instead of means; a root."""
    real, fake = torch.randn(40, 3), torch.randn(60, 3)
    assert improved_gan.matching_loss(real, real.flip(0)).item() == pytest.approx(0, abs=1e-10)
    moved = fake - fake.mean(dim=0) + real.mean(dim=0) + torch.tensor([1.0, 2.0, 0.0])
    assert improved_gan.matching_loss(real, moved).item() == pytest.approx(5, rel=1e-4)


def test_matching_moves_the_generator_towards_the_rows(task_of, rows_of) -> None:
    """Kills: features of real rows that get the gradient; a sign turned round."""
    model, real = _built(task_of("points"), **OFF, feature_matching=True), rows_of(task_of("points"))
    noise = model.noise(64)
    losses = []
    adam = torch.optim.Adam(model.generator.parameters(), lr=1e-3)
    for _ in range(60):
        adam.zero_grad()
        loss = improved_gan.generator_objective(model, real, noise)
        torch.autograd.backward(loss, inputs=list(model.generator.parameters()))
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_history_is_the_mean_of_all_weights() -> None:
    """Kills: a moving average; a first weight that is forgotten; a distance that is not 0 at the first update."""
    network = nn.Linear(3, 2)
    history, seen = History(network), [network.weight.detach().clone()]
    assert history.distance(network).item() == 0
    for _ in range(5):
        with torch.no_grad():
            network.weight.add_(torch.randn(2, 3))
        seen.append(network.weight.detach().clone())
        history.add(network)
    distance = history.distance(network)
    assert distance.item() == pytest.approx((seen[-1] - torch.stack(seen).mean(dim=0)).square().sum().item(), rel=1e-4)
    (slope,) = torch.autograd.grad(distance, network.weight)
    torch.testing.assert_close(slope, 2 * (seen[-1] - torch.stack(seen).mean(dim=0)), rtol=1e-3, atol=1e-5)


def test_the_past_holds_both_players_back(task_of, rows_of, make_batches) -> None:
    """Kills: a history of one player alone; one that is not added to after its steps."""
    task = task_of("points")
    model = _built(task, **OFF, history=0.5)
    improved_gan.train(model, make_batches(rows_of(task), 4))
    assert {int(history.count) for history in model.histories.values()} == {5}
    assert all(model.past(name) > 0 for name in improved_gan.PLAYERS)


def test_a_reference_normalises_with_the_row_itself() -> None:
    """Kills: statistics of the other rows; of the reference alone; a variance that forgets the shift of the mean."""
    reference, own = torch.randn(9, 2, 4, 4), 3 + 2 * torch.randn(5, 2, 4, 4)
    norm = VirtualNorm(2, 9)
    found = norm(torch.cat([reference, own]))[9:]
    for row, normal in zip(own, found, strict=True):
        both = torch.cat([reference, row[None]])
        expected = functional.batch_norm(both, None, None, training=True, eps=1e-5)[-1]
        torch.testing.assert_close(normal, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm(torch.cat([reference, own[2:3]]))[9], found[2])


@pytest.mark.parametrize("shape", [(2,), (1, 8, 8), (1, 12, 12)], ids=str)
def test_a_row_of_a_virtually_normalised_generator_stands_alone(shape, make_task) -> None:
    """Kills: batch normalisation that is left in; a reference that is drawn anew."""
    model = _built(make_task(shape), **OFF, virtual_norm=True)
    noise = model.noise(6)
    torch.testing.assert_close(model.generator(noise)[1:2], model.generator(noise[1:2]), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) for layer in model.generator.modules())
    assert any(isinstance(layer, VirtualNorm) for layer in model.generator.modules())
    assert isinstance(model.generator, VirtuallyNormalised)
    assert torch.equal(
        _built(make_task(shape), **OFF, virtual_norm=True).generator.reference, model.generator.reference
    )


def test_normalisations_stand_behind_all_layers_but_the_last() -> None:
    """Kills: an output that is normalised; layers that are copied, so that others are trained."""
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.Linear(4, 5))
    found = normalised(network, lambda layer: nn.LayerNorm(layer.out_features), first=0)
    assert [type(layer).__name__ for layer in found] == ["Linear", "LayerNorm", "ReLU"] * 2 + ["Linear"]
    assert found[0] is network[0]


def test_classes_share_one_evidence(task_of, rows_of) -> None:
    """Kills: D of the largest logit; a softmax over classes and the fake one twice. D = Z / (Z + 1)."""
    logits = torch.randn(7, 4)
    z = logits.exp().sum(dim=1, keepdim=True)
    torch.testing.assert_close(torch.sigmoid(improved_gan.evidence(logits)), z / (z + 1))
    torch.testing.assert_close(improved_gan.evidence(logits + 2), improved_gan.evidence(logits) + 2)
    one = torch.randn(7, 1)
    assert torch.equal(improved_gan.evidence(one), one)


def test_labels_train_classes(task_of, rows_of) -> None:
    """Kills: labels that are not used; half of the wrong term. S04 (f): CE - E lse/2 + E sp(lse)/2 + E sp(lse(G))/2."""
    task = task_of("points", labelled=True, classes=3)
    model, real = _built(task, **OFF, supervised=True), rows_of(task)
    labels, noise = torch.arange(64) % 3, model.noise(64)
    found = improved_gan.discriminator_objective(model, real, noise, labels)
    of_real, of_fake = model.logits(real), model.logits(model.fakes(noise))
    lse, softplus = torch.logsumexp(of_real, dim=1), functional.softplus
    expected = -lse.mean() / 2 + softplus(lse).mean() / 2 + softplus(torch.logsumexp(of_fake, dim=1)).mean() / 2
    torch.testing.assert_close(found, expected + functional.cross_entropy(of_real, labels))


def test_labels_are_asked_for_where_there_are_some(task_of) -> None:
    """Kills: a model that asks for labels in the middle of a budget."""
    with pytest.raises(ValueError, match="takes labels, and this data set has none"):
        _built(task_of("points"), supervised=True)
