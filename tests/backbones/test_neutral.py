"""Which networks a task gets, and of what shape their outputs are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from genbench import Task
from genbench.backbones import decoder, encoder, is_convolutional, neutral_size, waves
from genbench.backbones.recurrent import Writer


def _task(kind: str, shape: tuple[int, ...], classes: int | None = None) -> Task:
    dtype = torch.int64 if kind == "tokens" else torch.float32
    return Task(
        kind=kind, shape=shape, dtype=dtype, classes=classes, labelled=False, examples=64, batch_size=16, schema=None,
        device=torch.device("cpu"), precision="fp32", compile=False, seed=0, budget="4steps",
    )  # fmt: skip


TASKS = [
    ("points", (2,), nn.Linear), ("image", (1, 8, 8), nn.Linear), ("image", (1, 28, 28), nn.Conv2d),
    ("image", (3, 32, 32), nn.Conv2d), ("image", (1, 10, 10), nn.Linear), ("image", (3, 12, 20), nn.Conv2d),
    ("wave", (1, 4096), nn.Conv1d), ("wave", (2, 512), nn.Conv1d), ("wave", (1, 63), nn.Linear),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "shape", "layer"), TASKS, ids=str)
def test_shapes(kind, shape, layer) -> None:
    """Kills: a stack that only knows its usual size; a perceptron in the place of convolutions."""
    task = _task(kind, shape)
    size = neutral_size(task)
    down, up = encoder(task, outputs=5, size=size), decoder(task, inputs=7, size=size)
    assert down(torch.rand(3, *shape)).shape == (3, 5)
    assert up(torch.randn(3, 7)).shape == (3, *shape)
    assert any(isinstance(module, layer) for module in down.modules())
    assert is_convolutional(task) == (layer is not nn.Linear)


def test_tokens_are_read_and_written() -> None:
    task = _task("tokens", (9,), classes=4)
    size = neutral_size(task)
    rows = torch.randint(4, (3, 9))
    writer = decoder(task, inputs=7, size=size)
    assert encoder(task, outputs=5, size=size)(rows).shape == (3, 5)
    assert isinstance(writer, Writer)
    assert writer(torch.randn(3, 7), rows).shape == (3, 9, 4)
    assert writer.write(torch.randn(3, 7), 9).shape == (3, 9)


@pytest.mark.parametrize(("kind", "shape"), [each[:2] for each in TASKS], ids=str)
def test_an_encoder_knows_no_batch(kind, shape) -> None:
    """Kills: normalisation over the batch, under which a critic is no function and a penalty of gradients is wrong."""
    torch.manual_seed(0)
    task = _task(kind, shape)
    down, rows = encoder(task, outputs=2, size=neutral_size(task)), torch.rand(6, *shape)
    torch.testing.assert_close(down(rows)[:2], down(rows[:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "shape"), [each[:2] for each in TASKS], ids=str)
def test_a_decoder_without_normalisation_knows_no_batch(kind, shape) -> None:
    """Kills: a flag that one of the stacks ignores; convolutions left without both normalisation and biases."""
    torch.manual_seed(0)
    task = _task(kind, shape)
    up, codes = decoder(task, inputs=7, size=neutral_size(task), normalised=False), torch.randn(6, 7)
    torch.testing.assert_close(up(codes)[:2], up(codes[:2]), rtol=1e-4, atol=1e-5)
    layers = [m for m in up.modules() if isinstance(m, nn.Linear | nn.Conv1d | nn.ConvTranspose1d | nn.ConvTranspose2d)]
    assert all(layer.bias is not None for layer in layers)


def test_waves_are_strided_down_to_some_frames() -> None:
    assert waves.widths((1, 4096), 16) == [1, 16, 32, 64, 64]
    assert [waves.strides(samples) for samples in (4096, 4095, 256, 64, 16)] == [4, 0, 2, 1, 0]
