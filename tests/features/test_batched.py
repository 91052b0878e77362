"""Batches of one size, in full precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genbench.features import batched


def rows(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 1, 2, 2), dtype=np.uint8)


def test_every_batch_is_full_and_padding_is_dropped():
    """Kills: a last batch that is not filled up; rows of zeros among the features."""
    seen = []

    def compute(images):
        seen.append(len(images))
        return images.flatten(1).float()

    images = rows(7)
    found = batched.extract(compute, images, width=4, batch=3)
    assert seen == [3, 3, 3]
    np.testing.assert_array_equal(found, images.reshape(7, 4))
    assert found.dtype == np.float32


def test_no_rows_call_nothing():
    found = batched.extract(lambda images: 1 / 0, rows(0), width=4, batch=3)
    assert found.shape == (0, 4)


def test_images_of_another_type_are_refused():
    """Kills: floats in [0, 1] cast to uint8, which are black, all of them."""
    with pytest.raises(TypeError, match="got float64, expected uint8"):
        batched.extract(lambda images: images, rows(2) / 255, width=4, batch=3)


def test_precision_is_full_within_and_as_before_after():
    """Kills: TF32 or bfloat16 as another part of the process left them; a setting that stays changed."""
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            with batched.full_precision("cpu"):
                assert torch.get_float32_matmul_precision() == "highest"
                assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_convolutions_on_cuda_are_not_rounded_to_tf32():
    """Kills: cuDNN's default, which rounds the inputs of convolutions to 10 bits."""
    images, kernel = torch.rand(4, 8, 16, 16), torch.rand(8, 8, 3, 3)
    with batched.full_precision("cuda"):
        found = torch.nn.functional.conv2d(images.cuda(), kernel.cuda()).cpu()
    torch.testing.assert_close(found, torch.nn.functional.conv2d(images, kernel), rtol=1e-5, atol=1e-5)
