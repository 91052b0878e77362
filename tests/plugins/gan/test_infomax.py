"""Contrasts of places and wholes: their value, whose rows they are of, and that without them the base is left."""

from __future__ import annotations

import math

import pytest
import torch

from genbench_gan import dip_wgan, infomax_gan, sn_gan, wgan_gp
from genbench_gan.locality import contrast, last_grid, see

MODELS = pytest.mark.parametrize("plugin", [infomax_gan, dip_wgan], ids=["infomax_gan", "dip_wgan"])


def _built(plugin, task, **options):
    torch.manual_seed(0)
    return plugin.build(task, plugin.Options(**options)).train()


@pytest.mark.parametrize(("rows", "places"), [(8, 16), (3, 1), (2, 4)])
def test_without_scores_it_is_a_choice_among_all_other_places(rows, places) -> None:
    """Kills: own places masked by -10 or 0 instead of left out; the row's other places among the wrong ones."""
    found = contrast(torch.zeros(rows, places, 5), torch.zeros(rows, 5))
    assert found.item() == pytest.approx(math.log(1 + (rows - 1) * places), rel=1e-5)


def test_the_contrast_is_its_formula() -> None:
    """Kills: rows and columns swapped; a softmax over the wholes; a positive that is one of its own negatives."""
    torch.manual_seed(0)
    local, whole = torch.randn(4, 3, 5), torch.randn(4, 5)
    total = 0.0
    for i in range(4):
        for p in range(3):
            own = math.exp(whole[i] @ local[i, p] / math.sqrt(5))
            others = sum(math.exp(whole[i] @ local[j, q] / math.sqrt(5)) for j in range(4) if j != i for q in range(3))
            total -= math.log(own / (own + others)) / 12
    assert contrast(local, whole).item() == pytest.approx(total, rel=1e-5)


def test_low_scores_stand_for_themselves() -> None:
    """Kills: -10 as a mask: scores below it would make a row's own other places count."""
    local, whole = torch.full((3, 4, 1), -50.0), torch.ones(3, 1)
    assert contrast(local, whole).item() == pytest.approx(math.log(1 + 2 * 4), rel=1e-4)
    sure = 80 * torch.eye(3)
    assert contrast(sure[:, None].expand(3, 4, 3), sure).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("augment", [(), ("translation",)], ids=["plain", "augmented"])
@pytest.mark.parametrize(
    ("base", "plugin"), [(sn_gan, infomax_gan), (wgan_gp, dip_wgan)], ids=["infomax_gan", "dip_wgan"]
)
def test_without_contrasts_it_is_the_base(base, plugin, augment, task_of, rows_of, make_batches) -> None:
    """Kills: projections that are built before the players; noise of a contrast of weight 0; another pass."""
    task, states = task_of("image"), []
    none, one = {"of_fakes": 0, "of_real": 0}, {"of_fakes": 0, "of_real": 0.1}
    for each, options in ((base, {}), (plugin, none), (plugin, one)):
        model = _built(each, task, backbone="canonical", critic_steps=2, augment=augment, **options)
        torch.manual_seed(1)
        each.train(model, make_batches(rows_of(task), 4))
        states.append({name: value for name, value in model.state_dict().items() if "projections" not in name})
    plain, without, with_it = states
    assert list(plain) == list(without)
    assert all(torch.equal(value, without[name]) for name, value in plain.items())
    assert not all(torch.equal(value, with_it[name]) for name, value in plain.items())


@MODELS
def test_each_player_is_contrasted_on_its_own_rows(plugin, task_of, rows_of, monkeypatch) -> None:
    """Kills: fakes in the discriminator's contrast; real rows in the generator's; one weight for both."""
    model, real = _built(plugin, task_of("image"), of_fakes=0.3, of_real=0.7), rows_of(task_of("image"), 8)
    judge = getattr(plugin, "discriminator_objective", None) or plugin.critic_objective
    taken = []
    monkeypatch.setattr(plugin, "weighed", lambda model, seen, weight: taken.append((seen, weight)) or 0.0)
    noise = model.noise(8)
    judge(model.eval(), real, noise)
    plugin.generator_objective(model, real, noise)
    (of_real, beta), (of_fake, alpha) = taken
    assert (alpha, beta) == (0.3, 0.7)
    for found, rows in ((of_real, real), (of_fake, model.generator(noise))):
        expected = see(model.discriminator, rows)
        assert len(found.whole) == len(found.places) == 8
        torch.testing.assert_close(found.places, expected.places, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(found.whole, expected.whole, rtol=1e-3, atol=1e-4)


@MODELS
def test_contrasts_reach_their_own_player(plugin, task_of, rows_of) -> None:
    """Kills: features that are cut off; projections that nobody moves."""
    model = _built(plugin, task_of("image"))
    seen = model.seen(model.generator(model.noise(8)))
    plugin.weighed(model, seen, 0.2).backward()
    assert all(p.grad is not None for p in model.projections.parameters())
    assert all(p.grad is not None for p in model.generator.parameters())


@MODELS
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 12, 20), (1, 28, 28)], ids=str)
def test_what_is_seen_is_a_grid_and_the_same_logit(plugin, shape, make_task) -> None:
    """Kills: places of one pixel; a logit of other layers than the discriminator's."""
    model = _built(plugin, make_task(shape)).eval()
    x = torch.rand(3, *shape)
    seen = model.seen(x)
    assert seen.places.dim() == 4
    assert seen.places.shape[2] > 1
    torch.testing.assert_close(seen.logits, model.logits(x))


@MODELS
def test_networks_without_places_are_refused(plugin, make_task) -> None:
    """Kills: pixels that pass for features."""
    with pytest.raises(ValueError, match="needs a convolutional discriminator"):
        _built(plugin, make_task((1, 8, 8)), backbone="neutral")
    assert last_grid(_built(plugin, make_task((1, 28, 28)), backbone="neutral").discriminator) == 4


def test_projections_are_normalised_as_the_discriminator_is(task_of) -> None:
    """Kills: a contrast that grows without bound."""
    names = [name for name, _ in _built(infomax_gan, task_of("image")).projections.named_parameters()]
    assert len([name for name in names if name.endswith("original")]) == 6
