"""Differentiable augmentation: what each change does, that gradients pass, and that both sides are changed alike."""

from __future__ import annotations

import pytest
import torch

from genbench_gan import augment, gan
from genbench_gan.augment import augmented

POLICIES = ("colour", "translation", "cutout")
EACH = pytest.mark.parametrize("policy", [*[(name,) for name in POLICIES], POLICIES], ids="+".join)


@EACH
def test_gradients_pass_to_the_images(policy) -> None:
    """Kills: changes under no_grad, which leave the generator without the discriminator's advice."""
    x = torch.rand(4, 3, 8, 8, requires_grad=True)
    (slope,) = torch.autograd.grad(augmented(x, policy).square().sum(), x)
    assert (slope.flatten(1).abs().sum(dim=1) > 0).all()


@EACH
def test_each_row_is_changed_at_random(policy) -> None:
    """Kills: one draw for the whole batch; a change that is the same each time; a shape that is lost."""
    torch.manual_seed(0)
    x = torch.rand(1, 3, 12, 20).expand(64, -1, -1, -1)
    found = augmented(x, policy)
    assert found.shape == x.shape
    assert len(found.flatten(1).unique(dim=0)) > 10
    assert not torch.equal(augmented(x, policy), found)


def test_off_is_nothing_and_what_is_no_image_stays() -> None:
    """Kills: a policy that is not asked for; points and waves that are shifted."""
    x = torch.rand(4, 1, 8, 8)
    assert augmented(x, ()) is x
    for other in (torch.randn(4, 2), torch.randn(4, 1, 64)):
        assert augmented(other, POLICIES) is other


@pytest.mark.parametrize(("height", "width", "most"), [(8, 8, (1, 1)), (16, 32, (2, 4)), (28, 28, (4, 4))])
def test_translation_moves_by_whole_pixels(height, width, most) -> None:
    """Kills: rolling around; sides swapped; shifts beyond an eighth (rounded up at a half), or in one direction."""
    torch.manual_seed(0)
    x = torch.zeros(600, 1, height, width)
    x[:, :, height // 2, width // 2] = 1
    found = augmented(x, ("translation",)).nonzero()
    assert len(found) == 600
    down, right = found[:, 2] - height // 2, found[:, 3] - width // 2
    assert sorted(set(down.tolist())) == list(range(-most[0], most[0] + 1))
    assert sorted(set(right.tolist())) == list(range(-most[1], most[1] + 1))


def test_what_a_translation_brings_in_is_0() -> None:
    """Kills: rows moved the other way; edges repeated. Every row is the image, cut and set off by its shift."""
    x, down, right = torch.rand(5, 2, 4, 6) + 1, torch.tensor([0, 1, -1, 2, 0]), torch.tensor([0, 0, 3, -2, -1])
    found = augment._moved(x, down, right)
    for row in range(5):
        for i in range(4):
            for j in range(6):
                a, b = i - int(down[row]), j - int(right[row])
                inside = 0 <= a < 4 and 0 <= b < 6
                expected = x[row, :, a, b] if inside else torch.zeros(2)
                assert torch.equal(found[row, :, i, j], expected)


def test_cutout_is_half_of_each_side() -> None:
    """Kills: half of the area; a hole that never reaches the edge; one that is not a rectangle."""
    torch.manual_seed(0)
    hole = augmented(torch.ones(500, 2, 8, 12), ("cutout",)) == 0
    assert torch.equal(hole[:, 0], hole[:, 1])
    tall, wide = hole[:, 0].any(dim=2).sum(dim=1), hole[:, 0].any(dim=1).sum(dim=1)
    assert (tall.max(), wide.max()) == (4, 6)
    assert (tall.min(), wide.min()) == (2, 3)  # its centre is anywhere in the image
    assert torch.equal(hole[:, 0].sum(dim=(1, 2)), tall * wide)


def test_colour_moves_means_and_contrasts() -> None:
    """Kills: brightness by a factor; saturation around the image's mean; contrast per channel.

    The mean moves by U(-.5, .5), the spread around it by a factor of .5 to 1.5, that of colours by 0 to 3.
    """
    torch.manual_seed(0)
    x = torch.rand(1, 3, 8, 8).expand(2_000, -1, -1, -1)
    found = augmented(x, ("colour",))
    moved = (found - x).mean(dim=(1, 2, 3))
    assert moved.abs().max() <= 0.5
    assert moved.std().item() == pytest.approx(12**-0.5, rel=0.05)
    grey = lambda x: x.mean(dim=1).flatten(1).std(dim=1)  # noqa: E731
    ratio = grey(found) / grey(x)
    assert 0.5 <= ratio.min() < 0.52
    assert 1.48 < ratio.max() <= 1.5
    colours = lambda x: (x - x.mean(dim=1, keepdim=True)).flatten(1).std(dim=1)  # noqa: E731
    ratio = colours(found) / colours(x)
    assert ratio.mean().item() == pytest.approx(1, abs=0.05)
    assert 2.5 < ratio.max() <= 3
    one = augmented(x[:, :1], ("colour",))
    assert (one.flatten(1).std(dim=1) / x[:, :1].flatten(1).std(dim=1)).max() <= 1.501  # grey has no saturation


def test_real_and_fake_images_are_changed_by_the_same_family(task_of, monkeypatch) -> None:
    """Kills: real rows that are not changed, or fakes: the generator then learns the changes themselves."""
    torch.manual_seed(0)
    model = gan.build(task_of("image"), gan.Options(augment=POLICIES)).train()
    seen = []
    monkeypatch.setattr(model.discriminator, "forward", lambda x: seen.append(x) or x.flatten(1)[:, :1])
    real, noise = torch.rand(8, 1, 8, 8), model.noise(8)
    gan.discriminator_objective(model, real, noise)
    gan.generator_objective(model, real, noise)
    judged, fooling = seen
    fake = model.generator(noise)
    assert (judged[:8] - real).flatten(1).abs().amax(dim=1).min() > 0
    for changed in (judged[8:], fooling):
        assert (changed - fake).flatten(1).abs().amax(dim=1).min() > 0
    assert torch.equal(model.augmented(real)[:0], real[:0])
