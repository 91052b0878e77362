"""The pyramid: exact, its levels apart, and drawn from the coarsest up."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from genbench_gan import lapgan

SIZES = pytest.mark.parametrize(
    ("shape", "sides"),
    [
        ((1, 8, 8), [4, 8]),
        ((1, 28, 28), [7, 14, 28]),
        ((3, 32, 32), [8, 16, 32]),
        ((1, 10, 10), [5, 10]),
    ],
    ids=str,
)


def _built(task, **options):
    torch.manual_seed(0)
    return lapgan.build(task, lapgan.Options(**options)).train()


@SIZES
def test_sides_are_halved_twice_at_most(shape, sides, make_task) -> None:
    """Kills: a level too many, or of an odd side."""
    assert lapgan.sides(make_task(shape)) == [(side, side) for side in sides]
    model = _built(make_task(shape))
    assert model.generator(model.noise(3)).shape == (3, *shape)
    assert len(model.discriminator) == len(sides)


def test_images_without_a_pyramid_are_refused(make_task) -> None:
    """Kills: a level that crops."""
    with pytest.raises(ValueError, match=r"lapgan halves images, got sides of \(9, 12\): expected even ones of 8 up"):
        _built(make_task((1, 9, 12)))


@SIZES
def test_a_pyramid_gives_the_image_back(shape, sides, make_task) -> None:
    """Kills: reductions or enlargements that differ between training and sampling; a difference of another level."""
    x = torch.rand(4, *shape)
    images = lapgan.pyramid(x, len(sides))
    assert [image.shape[-1] for image in images] == sides
    whole = images[0]
    for image in images[1:]:
        whole = lapgan.up(whole) + (image - lapgan.up(lapgan.down(image)))
    torch.testing.assert_close(whole, x, rtol=0, atol=1e-6)
    for coarse, fine in pairwise(images):
        torch.testing.assert_close(coarse, lapgan.down(fine))


@SIZES
def test_with_true_differences_it_draws_the_image(shape, sides, make_task) -> None:
    """Kills: a level that is given its own image's size, or the noise of another; an enlargement that is left out."""
    model, x = _built(make_task(shape)), torch.rand(4, *shape)
    images = lapgan.pyramid(x, len(sides))
    given = []

    class Oracle(nn.Module):
        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

        def forward(self, seen: torch.Tensor) -> torch.Tensor:
            given.append(seen[:, -1].flatten(1))
            base, image = seen[:, :-1], images[self.place + 1]
            torch.testing.assert_close(base, lapgan.up(images[self.place]))
            return image - base

    model.generator.levels = nn.ModuleList([Oracle(place) for place in range(len(sides) - 1)])
    del model.generator._modules["coarsest"]
    object.__setattr__(model.generator, "coarsest", lambda z: given.append(z) or images[0])
    noise = model.noise(4)
    torch.testing.assert_close(model.generator(noise), x, rtol=0, atol=1e-5)
    assert torch.equal(torch.cat(given, dim=1), noise)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_levels_are_trained_apart(player, make_task) -> None:
    """Kills: a fake that is enlarged from a fake; a loss of one level that reaches another's weights."""
    model, real = _built(make_task((1, 28, 28))), torch.rand(4, 1, 28, 28)
    images = lapgan.pyramid(real, 3)
    parts = [*model.discriminator] if player == "discriminator" else [model.generator.coarsest, *model.generator.levels]
    for level in range(3):
        model.zero_grad()
        fakes = lapgan.drawn(model, images, model.noise(4))
        model.judged(fakes)[level].sum().backward()
        moved = [any(p.grad is not None and p.grad.any() for p in part.parameters()) for part in parts]
        assert moved == [place == level for place in range(3)]


def test_the_two_losses_reach_their_own_player(make_task) -> None:
    """Kills: fakes that are not cut off in the discriminator's step; a level that neither loss moves."""
    model, real = _built(make_task()), torch.rand(4, 1, 8, 8)
    lapgan.discriminator_objective(model, real, model.noise(4)).backward()
    assert all(p.grad is None for p in model.generator.parameters())
    assert all(p.grad is not None for p in model.discriminator.parameters())
    lapgan.generator_objective(model, real, model.noise(4)).backward()
    assert all(p.grad is not None for p in model.generator.parameters())


def test_losses_are_sums_over_levels(make_task) -> None:
    """Kills: a mean over levels, which would change their learning; a judge of the difference alone."""
    model, real = _built(make_task((1, 28, 28))), torch.rand(4, 1, 28, 28)
    seen = []
    model.discriminator = nn.ModuleList([Judge(seen) for _ in range(3)])
    assert lapgan.discriminator_objective(model, real, model.noise(4)).item() == pytest.approx(6 * 0.693147, abs=1e-4)
    assert lapgan.generator_objective(model, real, model.noise(4)).item() == pytest.approx(3 * 0.693147, abs=1e-4)
    for image, found in zip(lapgan.pyramid(real, 3), seen, strict=False):
        assert torch.equal(image, found)


class Judge(nn.Module):
    """Undecided."""

    def __init__(self, seen) -> None:
        super().__init__()
        self.seen = seen

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(x)
        return torch.zeros(len(x), 1)


def test_differences_have_either_sign(make_task) -> None:
    """Kills: a difference that ends in a sigmoid; samples out of range."""
    model = _built(make_task())
    base, plane = torch.full((64, 1, 8, 8), 0.5), torch.randn(64, 64)
    difference = model.generator.finer(0, base, plane) - base
    assert difference.min() < 0 < difference.max()
    for part in model.generator.levels.parameters():
        nn.init.normal_(part, std=3)
    drawn = model.generator(model.noise(8))
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_the_papers_kernels(make_task) -> None:
    """Kills: an option that is ignored."""
    kernels = lambda **options: [  # noqa: E731
        layer.kernel_size[0]
        for layer in _built(make_task(), **options).generator.levels.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    assert kernels() == [3, 3, 3]
    assert kernels(backbone="canonical") == [7, 7, 5]
