from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from genbench.report.clouds import CENTRE, INK, PALE, SIDE, scatter
from genbench.report.pictures import GAP, grid


def _read(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_small_images_are_magnified_pixel_by_pixel(tmp_path):
    """Kills: interpolation, height and width changed places, rows filled in columns."""
    images = np.zeros((10, 1, 8, 8), np.uint8)
    images[9, 0, 2, 5] = 200
    grid(images, tmp_path / "sheet.png")
    sheet = _read(tmp_path / "sheet.png")
    assert sheet.shape == (2 * (64 + GAP) + GAP, 8 * (64 + GAP) + GAP, 3)
    tile = sheet[GAP + 64 + GAP :, GAP + 64 + GAP :][:64, :64]
    assert (tile[16:24, 40:48] == 200).all()
    assert int((tile == 200).all(axis=2).sum()) == 64


def test_colours_are_kept(tmp_path):
    images = np.zeros((1, 3, 32, 32), np.uint8)
    images[0, 0] = 255
    grid(images, tmp_path / "sheet.png")
    assert (_read(tmp_path / "sheet.png")[GAP : GAP + 64, GAP : GAP + 64] == (255, 0, 0)).all()


def test_large_images_are_not_magnified_and_64_suffice(tmp_path):
    grid(np.zeros((100, 1, 100, 80), np.uint8), tmp_path / "sheet.png")
    assert _read(tmp_path / "sheet.png").shape[:2] == (8 * 104 + GAP, 8 * 84 + GAP)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((4, 1, 8, 8), np.float32),
        np.zeros((4, 8, 8), np.uint8),
        np.zeros((4, 2, 8, 8), np.uint8),
        np.zeros((0, 1, 8, 8), np.uint8),
    ],
)
def test_what_is_no_image_is_refused(images, tmp_path):
    with pytest.raises(ValueError, match="expected uint8"):
        grid(images, tmp_path / "sheet.png")


def test_points_lie_over_the_reference_and_upwards(tmp_path):
    """Kills: an axis turned round, the reference drawn on top."""
    reference = np.array([[-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]], np.float32)
    scatter(reference[1:2], tmp_path / "points.png", reference)
    picture = _read(tmp_path / "points.png")
    assert picture.shape == (SIDE, SIDE, 3)
    low, high = round(0.08 * (SIDE - 1)), round(0.92 * (SIDE - 1))
    assert tuple(picture[low, high]) == INK  # (1, 1): up and right
    assert tuple(picture[high, low]) == PALE
    assert tuple(picture[low, low]) == (255, 255, 255)


def test_points_far_off_are_drawn_at_the_edge(tmp_path):
    reference = np.array([[-1.0, -1.0], [1.0, 1.0]])
    scatter(np.array([[1e9, 0.0]]), tmp_path / "points.png", reference, centres=np.array([[0.0, 0.0]]))
    picture = _read(tmp_path / "points.png")
    assert (picture[:, -1] == INK).all(axis=1).any()
    assert tuple(picture[SIDE // 2, SIDE // 2]) == CENTRE


def test_points_in_one_place(tmp_path):
    scatter(np.zeros((5, 3)), tmp_path / "points.png")
    assert tuple(_read(tmp_path / "points.png")[SIDE // 2, SIDE // 2]) == INK


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros((4, 1)), np.full((4, 2), np.nan), np.zeros(4)])
def test_what_is_no_cloud_is_refused(points, tmp_path):
    with pytest.raises(ValueError, match="points: got"):
        scatter(points, tmp_path / "points.png")
