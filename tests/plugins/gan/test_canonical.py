"""DCGAN's networks: their first weights, their shapes, and what they cannot do."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench_gan import canonical, gan

SHAPES = pytest.mark.parametrize(
    ("shape", "halvings"),
    [((1, 8, 8), 2), ((1, 28, 28), 2), ((3, 32, 32), 3), ((3, 12, 20), 1), ((1, 10, 10), 1)],
    ids=str,
)


@pytest.mark.parametrize("seed", [0, 1])
def test_weights_are_drawn_from_the_papers_normal(seed, make_task) -> None:
    """Kills: torch's own first weights; a variance of .02; biases that are drawn. Every weight: .02 within 5 %."""
    torch.manual_seed(seed)
    task = make_task((3, 32, 32))
    for network in (canonical.generator(task, inputs=100, width=64), canonical.discriminator(task, width=64)):
        layers = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
        assert len(layers) == 4
        for layer in layers:
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
            assert layer.bias is None or not layer.bias.any()
        for norm in (each for each in network.modules() if isinstance(each, nn.BatchNorm2d)):
            assert norm.weight.mean().item() == pytest.approx(1, abs=0.01)
            assert norm.weight.std().item() == pytest.approx(0.02, rel=0.3)
            assert not norm.bias.any()


@SHAPES
def test_shapes(shape, halvings, make_task) -> None:
    """Kills: a side that is cropped; a stack of one depth; an output that is not cut to [0, 1]."""
    task = make_task(shape)
    drawn = canonical.generator(task, inputs=7)(torch.randn(4, 7))
    assert drawn.shape == (4, *shape)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert canonical.halvings(task) == halvings
    judge = canonical.discriminator(task, outputs=3, pack=2)
    assert judge(torch.cat([drawn, drawn], dim=1)).shape == (4, 3)
    assert isinstance(judge[-1], nn.Linear)


def test_generators_are_normalised_but_for_their_output(make_task) -> None:
    """Kills: batch normalisation of the pixels; levels without it; pooling instead of strides."""
    layers = list(canonical.generator(make_task((3, 32, 32)), inputs=7)[0])
    assert not isinstance(layers[-1], nn.BatchNorm2d)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in layers) == 3
    judge = canonical.discriminator(make_task((3, 32, 32)))
    assert all(layer.stride == (2, 2) for layer in judge if isinstance(layer, nn.Conv2d))
    assert not any(isinstance(layer, nn.MaxPool2d | nn.AvgPool2d | nn.BatchNorm2d) for layer in judge)


@pytest.mark.parametrize(
    ("shape", "changes", "message"),
    [
        ((2,), {}, "backbone 'canonical' is of the papers' images, got points: use 'neutral'"),
        ((1, 64), {"kind": "wave"}, "is of the papers' images, got wave: use 'neutral'"),
        ((1, 9, 9), {}, r"halves images 1 times, got sides of \(9, 9\): expected multiples of 2; use 'neutral'"),
        ((1, 28, 30), {}, r"halves images 2 times, got sides of \(28, 30\): expected multiples of 4"),
    ],
    ids=str,
)
def test_what_it_cannot_do_is_said(shape, changes, message, make_task) -> None:
    """Kills: a network of another kind in its place; a traceback from the middle of a convolution."""
    with pytest.raises(ValueError, match=message):
        gan.build(make_task(shape, **changes), gan.Options(backbone="canonical"))
