"""The network: against a second implementation, and untouched by its surroundings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genbench.features import network


def weights_for(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    drawn = network.fresh(shape, 10, torch.Generator().manual_seed(0))
    bias = np.random.default_rng(1)
    return {
        name: (bias.normal(0, 0.1, value.shape) if name.endswith("bias") else value.numpy()).astype(np.float16)
        for name, value in drawn.items()
    }


def images(count: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, *shape), dtype=np.uint8)


def leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.1 * x)


def convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Correlate [c, h, w] with [d, c, 3, 3], zeros around."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))  # [c, h, w, 3, 3]
    return np.einsum("chwij,dcij->dhw", windows, weight) + bias[:, None, None]


def pooled(x: np.ndarray) -> np.ndarray:
    height, width = x.shape[1:]
    padded = np.pad(x, ((0, 0), (0, height % 2), (0, width % 2)), constant_values=-np.inf)
    return padded.reshape(len(x), -(-height // 2), 2, -(-width // 2), 2).max(axis=(2, 4))


def expected(weights: dict[str, np.ndarray], image: np.ndarray) -> np.ndarray:
    x = image.astype(np.float64) / 127.5 - 1
    exact = {name: value.astype(np.float64) for name, value in weights.items()}
    for layer in range(3):
        x = pooled(leaky(convolved(x, exact[f"conv{layer}.weight"], exact[f"conv{layer}.bias"])))
    return leaky(exact["dense.weight"] @ x.ravel() + exact["dense.bias"])


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 13), (1, 1, 1)])
def test_features_agree_with_a_second_implementation(shape):
    """Planted bugs: no padding; pooling that drops an odd last row; a rectifier without leak; /255 for /127.5."""
    weights, rows = weights_for(shape), images(3, shape)
    second = np.stack([expected(weights, row) for row in rows])
    np.testing.assert_allclose(network.extract(weights, rows), second, atol=2e-5)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 130, 70), (1, 3, 500)])
def test_any_size_gives_64_features_from_few_weights(shape):
    weights = weights_for(shape)
    assert network.extract(weights, images(2, shape)).shape == (2, 64)
    assert sum(each.size for each in weights.values()) < 100_000


def test_large_images_are_averaged_and_not_thinned_out():
    """Planted bug: a resize that takes every second pixel, so that a fine checkerboard turns black or white."""
    weights = weights_for((1, 128, 128))
    board = np.indices((128, 128)).sum(0) % 2 * 254
    grey = np.full((128, 128), 127)
    rows = np.stack([board, grey])[:, None].astype(np.uint8)
    first, second = network.extract(weights, rows)
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_a_row_has_the_same_features_in_any_company():
    """Planted bug: a last batch that is not filled up to 256, for which other kernels round in another way."""
    weights, rows = weights_for((1, 8, 8)), images(300, (1, 8, 8))
    whole = network.extract(weights, rows)
    for start, stop in ((0, 1), (250, 300), (299, 300)):
        np.testing.assert_array_equal(network.extract(weights, rows[start:stop]), whole[start:stop])


def test_settings_of_the_process_neither_matter_nor_change():
    """Planted bug: features in bfloat16 or float64, as a setting left behind by others would have it."""
    weights, rows = weights_for((1, 8, 8)), images(10, (1, 8, 8))
    plain = network.extract(weights, rows)
    torch.set_float32_matmul_precision("medium")
    torch.set_default_dtype(torch.float64)
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            odd = network.extract(weights, rows)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
        torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(odd, plain)
    assert odd.dtype == np.float32


def test_no_rows_give_no_features():
    assert network.extract(weights_for((1, 8, 8)), images(0, (1, 8, 8))).shape == (0, 64)
