"""Folders of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from genbench.data import images, prepare
from genbench.data.images import decode
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def picture(path: Path, seed: int, *, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> None:
    channels = () if mode == "L" else (3,)
    pixels = np.random.default_rng(seed).integers(1, 256, (size[1], size[0], *channels), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for k in range(20):
        picture(tmp_path / "photos" / f"{k}.png", k)
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    return tmp_path / "photos"


def every_row(prepared) -> list[bytes]:
    return sorted(row.tobytes() for split in ("train", "validation", "held_out") for row in prepared.rows(split))


def test_a_folder_comes_back_pixel_by_pixel(photos: Path, tmp_path: Path):
    """Kills: height and width exchanged, pictures lost or doubled by the split."""
    prepared = prepare("images:photos", data_root=tmp_path, cache=tmp_path / "cache")
    assert prepared.ref.shape == (3, 4, 6)
    assert prepared.ref.counts == {"train": 16, "validation": 2, "held_out": 2}
    assert not prepared.ref.labelled
    assert every_row(prepared) == sorted(
        np.asarray(Image.open(path)).transpose(2, 0, 1).tobytes() for path in photos.glob("*.png")
    )


def test_names_decide_nothing(photos: Path, tmp_path: Path):
    """Kills: a split by file name."""
    first = prepare(f"images:{photos}", data_root=None, cache=tmp_path / "cache")
    for k, path in enumerate(sorted(photos.glob("*.png"))):
        path.rename(photos / f"renamed-{(7 * k) % 20}.png")
    assert prepare(f"images:{photos}", data_root=None, cache=tmp_path / "cache").ref.hash == first.ref.hash


def test_an_added_picture_is_noticed(photos: Path, tmp_path: Path):
    first = prepare(f"images:{photos}", data_root=None, cache=tmp_path / "cache")
    picture(photos / "deeper" / "new.PNG", 99)
    second = prepare(f"images:{photos}", data_root=None, cache=tmp_path / "cache")
    assert sum(second.ref.counts.values()) == 21
    assert second.ref.hash != first.ref.hash


def test_a_size_makes_all_pictures_alike(tmp_path: Path):
    for k in range(10):
        picture(tmp_path / f"{k}.png", k, size=(20 + k, 30))
    with pytest.raises(DataError, match=r"expected: pictures of one size\n.*0.png is 20 x 30, 1.png is 21 x 30\n.*@32"):
        images.load(str(tmp_path), None)
    assert images.load(f"{tmp_path}@8", None).train.rows.shape == (8, 3, 8, 8)


def test_resizing_does_not_alias(tmp_path: Path):
    """Kills: nearest or unfiltered bicubic resampling, which makes a fine chequerboard black, white or striped."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / "board.png")
    small = decode(tmp_path / "board.png", 16)
    assert small.shape == (1, 16, 16)
    assert np.abs(small.astype(int) - 127).max() <= 8


def test_the_middle_is_cropped_not_squeezed(tmp_path: Path):
    """Kills: a stretch, a crop of the left corner."""
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert (decode(tmp_path / "wide.png", 5) == 200).all()


def test_grey_pictures_stay_grey_until_one_has_colour(tmp_path: Path):
    for k in range(10):
        picture(tmp_path / f"{k}.png", k, mode="L")
    assert images.load(str(tmp_path), None).train.rows.shape == (8, 1, 4, 6)
    picture(tmp_path / "colour.png", 11)
    rows = np.concatenate([part.rows for _, part in images.load(str(tmp_path), None).parts()])
    assert rows.shape == (11, 3, 4, 6)
    assert sum((row == row[0]).all() for row in rows) == 10


def test_a_picture_stands_upright(tmp_path: Path):
    """Kills: ignoring the camera's orientation."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(tmp_path / "turned.png", exif=exif)
    assert decode(tmp_path / "turned.png", None).shape == (1, 6, 4)


@pytest.mark.parametrize(
    ("content", "found"), [(b"", "an empty file"), (b"<html>404</html>", "a web page"), (bytes(400), "but zeros")]
)
def test_a_damaged_picture_is_refused(photos: Path, content: bytes, found: str):
    (photos / "bad.png").write_bytes(content)
    with pytest.raises(DataError, match=f"cannot use .*bad.png\n  expected: a picture\n  found:    .*{found}"):
        images.load(str(photos), None)


def test_a_truncated_picture_is_refused(photos: Path):
    path = photos / "3.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"cannot use .*3\.png\n  expected: a picture"):
        images.load(str(photos), None)


def test_deep_pictures_are_refused(tmp_path: Path):
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(DataError, match="expected 8 bits a channel, found mode I;16; convert it first"):
        decode(tmp_path / "deep.png", None)


def test_blank_pictures_are_refused(tmp_path: Path):
    for k in range(10):
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / f"{k}.png")
    with pytest.raises(DataError, match="found 8 of 8 rows to be all zero"):
        prepare(f"images:{tmp_path}", data_root=None, cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("images", "needs to be told what to read, as images:FOLDER or images:FOLDER@32"),
        ("images:", "needs to be told what to read"),
        ("images:nowhere", "'images' is not there"),
        ("images:photos@0", "expected a size of at least 1, found 0"),
        ("images:photos/notes.txt", "expected a folder, found a file"),
        ("images:photos/empty", "expected files .bmp, .jpeg, .jpg, .pgm, .png"),
    ],
)
def test_mistakes_are_explained(photos: Path, tmp_path: Path, name: str, message: str):
    (photos / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        prepare(name, data_root=tmp_path, cache=tmp_path / "cache")
