"""Resizing: against Pillow, against loops, and what each filter is known for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from genbench.features import resize

sides = st.integers(1, 9)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).integers(0, 256, (height, width), dtype=np.uint8)


def looped(image: np.ndarray, side: int) -> np.ndarray:
    """Resize as TensorFlow 1 does, pixel by pixel, with places in float32."""
    height, width = image.shape
    found = np.empty((side, side))
    for i in range(side):
        for j in range(side):
            y, x = np.float32(i) * np.float32(height / side), np.float32(j) * np.float32(width / side)
            top, left = math.floor(y), math.floor(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            above = image[top, left] + (float(image[top, right]) - image[top, left]) * (x - left)
            below = image[bottom, left] + (float(image[bottom, right]) - image[bottom, left]) * (x - left)
            found[i, j] = above + (below - above) * (y - top)
    return found


def on(function, image: np.ndarray, side: int) -> np.ndarray:
    return function(torch.from_numpy(image)[None, None], side)[0, 0].numpy()


@pytest.mark.parametrize("shape", [(32, 32), (28, 28), (8, 8), (5, 7), (1, 1), (40, 301)])
def test_tensorflows_resize_agrees_with_a_loop(shape):
    """Kills: half-pixel centres; the last pixel as a scale of (old - 1) / (new - 1); rows and columns swapped."""
    image = picture(*shape)
    np.testing.assert_allclose(on(resize.as_tensorflow, image, 37), looped(image, 37), atol=2e-4)


def test_tensorflows_resize_is_shifted_and_aliases():
    """Kills: a modern resize under the old one's name: halving takes every second pixel, the first among them."""
    stripes = np.tile(np.array([0, 255], np.uint8), (8, 4))
    np.testing.assert_array_equal(on(resize.as_tensorflow, stripes, 4), np.zeros((4, 4)))


@pytest.mark.parametrize(("shape", "side"), [((32, 32), 299), ((28, 28), 224), ((300, 260), 64), ((9, 7), 7)])
def test_antialiased_resize_agrees_with_pillow(shape, side):
    """Kills: a bicubic filter of another sharpness (-0.75 for -0.5); one that is not widened; no clamp."""
    image = picture(*shape)
    pillow = Image.fromarray(image.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(on(resize.antialiased, image, side), np.asarray(pillow).clip(0, 255), atol=1e-3)


def test_antialiased_resize_turns_a_fine_checkerboard_grey():
    """Kills: a filter of fixed width, which sees every second pixel alone."""
    board = (np.indices((64, 64)).sum(0) % 2 * 254).astype(np.uint8)
    inner = on(resize.antialiased, board, 16)[2:-2, 2:-2]
    np.testing.assert_allclose(inner, 127, atol=3)


@settings(max_examples=30, deadline=None)
@given(height=sides, width=sides, side=sides, level=st.integers(0, 255))
def test_a_plain_image_stays_plain(height, width, side, level):
    """Kills: weights of a filter that do not add up to one; zeros beyond the rim."""
    image = np.full((height, width), level, np.uint8)
    for function in (resize.antialiased, resize.as_tensorflow):
        np.testing.assert_allclose(on(function, image, side), np.full((side, side), level), atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(side=sides)
def test_the_same_size_changes_nothing(side):
    image = picture(side, side)
    for function in (resize.antialiased, resize.as_tensorflow):
        np.testing.assert_allclose(on(function, image, side), image, atol=1e-4)


def test_grey_images_get_three_equal_channels():
    grey, colour = torch.rand(2, 1, 3, 3), torch.rand(2, 3, 3, 3)
    assert torch.equal(resize.coloured(grey), torch.cat([grey] * 3, dim=1))
    assert torch.equal(resize.coloured(colour), colour)
