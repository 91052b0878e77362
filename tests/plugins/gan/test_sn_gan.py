"""Spectral norms against singular values, the hinge loss, and the residual networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench_gan import residual, sn_gan
from genbench_gan.networks import LEARNT
from genbench_gan.spectral import spectrally_normalised

CASES = pytest.mark.parametrize(
    ("kind", "options"),
    [("points", {}), ("image", {}), ("image", {"backbone": "canonical"}), ("wave", {})],
    ids=["points", "image", "residual", "wave"],
)


def _built(task, **options):
    torch.manual_seed(0)
    return sn_gan.build(task, sn_gan.Options(**options)).train()


def _layers(network) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, LEARNT)]


def _settled(model, passes: int = 400):
    with torch.no_grad():
        for layer in _layers(model.discriminator):
            for _ in range(passes):
                _ = layer.weight  # one iteration, as a forward pass
    return model


@CASES
def test_the_spectral_norm_is_the_largest_singular_value(kind, options, task_of) -> None:
    """Kills: a layer left out; W W' for W'; sigma of another arrangement of a kernel; the squared norm."""
    model = _settled(_built(task_of(kind), **options), 60 if options else 400).eval()
    for layer in _layers(model.discriminator):
        original = layer.parametrizations.weight.original.flatten(1)
        sigma = torch.linalg.matrix_norm(original, 2)
        found = (original / layer.weight.flatten(1)).median()
        assert found.item() == pytest.approx(sigma.item(), rel=1e-3)
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, rel=1e-3)


def test_fifty_iterations_are_enough_of_a_matrix_with_a_gap() -> None:
    """Kills: an iteration that starts anew at each pass. Singular values 1, .9, .81, ...: 1e-3 within 50."""
    values = 0.9 ** torch.arange(12.0)
    rotations = [torch.linalg.qr(torch.randn(size, 12))[0] for size in (20, 12)]
    layer = nn.Linear(12, 20)
    with torch.no_grad():
        layer.weight.copy_(3 * rotations[0] * values @ rotations[1].T)
        original = layer.weight.clone()
        layer = spectrally_normalised(layer).train()
        for _ in range(50):
            found = layer.weight
    torch.testing.assert_close(found, original / 3, rtol=1e-3, atol=1e-6)


@CASES
def test_only_the_discriminator_is_normalised(kind, options, task_of) -> None:
    """Kills: a generator that is normalised too."""
    model = _built(task_of(kind), **options)
    assert not any(hasattr(layer, "parametrizations") for layer in _layers(model.generator))
    assert all(hasattr(layer, "parametrizations") for layer in _layers(model.discriminator))


def test_a_discriminator_of_perceptrons_is_not_steep(task_of) -> None:
    """Kills: normalisation of some layers only; a factor that is multiplied back. Pairs of points: slopes up to 1."""
    model = _settled(_built(task_of("points"))).eval()
    with torch.no_grad():
        for layer in _layers(model.discriminator):
            layer.parametrizations.weight.original.mul_(7)
        first, second = 3 * torch.randn(2, 500, 2)
        slopes = (model.logits(first) - model.logits(second)).abs()[:, 0] / (first - second).norm(dim=1)
    assert slopes.max() <= 1


def test_the_iteration_moves_in_train_mode_alone(task_of, rows_of) -> None:
    """Kills: an estimate that evaluation changes; two iterations a pass; vectors that the state leaves out."""
    task = task_of("points")
    model, x = _built(task), rows_of(task_of("points"))
    (name,) = (
        key for key in model.state_dict() if key.endswith("discriminator.1.parametrizations.weight.0.normalise._u")
    )
    before = model.state_dict()[name].clone()
    model.eval().logits(x)
    assert torch.equal(model.state_dict()[name], before)
    model.train().logits(x)
    weight = model.discriminator[1].parametrizations.weight.original.detach()
    v = nn.functional.normalize(weight.T @ before, dim=0)
    torch.testing.assert_close(model.state_dict()[name], nn.functional.normalize(weight @ v, dim=0))


def test_no_gradient_passes_through_the_vectors() -> None:
    """Kills: W / sigma with sigma cut off: d(W/sigma) = dW/sigma - W (u' dW v)/sigma^2."""
    torch.manual_seed(0)
    layer = spectrally_normalised(nn.Linear(4, 3, bias=False)).eval()
    original, norm = layer.parametrizations.weight.original, layer.parametrizations.weight[0].normalise
    cotangent = torch.randn(3, 4)
    (found,) = torch.autograd.grad((layer.weight * cotangent).sum(), original)
    u, v = norm._u, norm._v
    sigma = u @ original @ v
    expected = cotangent / sigma - (cotangent * original).sum() / sigma**2 * torch.outer(u, v)
    torch.testing.assert_close(found, expected)


def test_weights_are_normalised_in_float32() -> None:
    """Kills: a power iteration under autocast, which CUDA would do in bfloat16."""
    layer, seen = spectrally_normalised(nn.Linear(4, 3)), []
    layer.parametrizations.weight[0].normalise.register_forward_hook(
        lambda *_: seen.append(torch.is_autocast_enabled("cpu"))
    )
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(torch.randn(2, 4)).dtype == torch.bfloat16
        assert torch.is_autocast_enabled("cpu")
    assert seen == [False]


def test_hinge_of_an_undecided_discriminator() -> None:
    """Kills: a mean of the two halves; the generator's loss hinged; margins of another size."""
    undecided = torch.zeros(7, 1)
    assert sn_gan.judge(undecided, undecided, "hinge").item() == 2
    assert sn_gan.fool(undecided, "hinge").item() == 0
    assert sn_gan.fool(undecided - 5, "hinge").item() == 5
    sure = torch.full((7, 1), 3.0)
    assert sn_gan.judge(sure, -sure, "hinge").item() == 0
    assert sn_gan.judge(-sure, sure, "hinge").item() == 8


def test_losses_point_the_right_way(task_of, rows_of) -> None:
    """Kills: real rows hinged as fakes; a generator that lowers the logits of its own; one loss for both settings."""
    task = task_of("points")
    for loss in ("hinge", "ns"):
        model, x = _built(task, loss=loss), rows_of(task)
        for logit, sign in ((lambda x: 0 * x[:, :1], 0), (lambda x: x[:, :1], 1)):
            model.logits = logit
            value = sn_gan.generator_objective(model, x, model.noise(64))
            assert value.isfinite()
            if sign == 0:
                assert value.item() == pytest.approx(0 if loss == "hinge" else 0.6931, abs=1e-4)
        model.both = lambda real, fake: (torch.full((9, 1), 4.0), torch.full((9, 1), -4.0))
        assert sn_gan.discriminator_objective(model, x, model.noise(64)) < 0.1


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (3, 12, 20)], ids=str)
def test_residual_networks_have_the_datas_shape(shape, make_task) -> None:
    """Kills: a stack that knows squares alone; a discriminator whose last layer is not linear."""
    task = make_task(shape)
    drawn = residual.generator(task, inputs=5)(torch.randn(3, 5))
    network = residual.discriminator(task)
    assert drawn.shape == (3, *shape)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert network(drawn).shape == (3, 1)
    assert isinstance(network[-1], nn.Linear)
    torch.testing.assert_close(network(drawn)[:1], network(drawn[:1]), rtol=1e-4, atol=1e-5)


def test_residual_blocks_add_their_input() -> None:
    """Kills: a block that forgets its shortcut, or halves one of its two ways only."""
    x = torch.rand(2, 4, 8, 8)
    for block in (residual.Down(4, 4, halves=False), residual.Down(4, 4, halves=True), residual.Up(4)):
        inner = block.inner[-1]
        nn.init.zeros_(inner.weight)
        assert torch.equal(residual.Down(4, 4, halves=False).shortcut(x), x)
        shortcut = block.shortcut(x)
        side = {residual.Up: 16}.get(type(block), 4 if getattr(block, "_halves", False) else 8)
        assert block(x).shape == (2, 4, side, side)
        assert block(x).mean().item() == pytest.approx(shortcut.mean().item(), abs=1e-5)
