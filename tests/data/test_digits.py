"""The embedded digits."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from genbench.data import digits, overlap, prepare

HASH = "dc50cffc9ed6cbde6e634c8a44aebbfe4c855d7647817cb3890bae46b104a2f7"


def test_hash_and_splits_are_pinned(tmp_path):
    """Kills: another order, another rounding, another cut."""
    prepared = prepare("digits", data_root=None, cache=tmp_path)
    assert prepared.ref.hash == HASH
    assert prepared.ref.counts == {"train": 997, "validation": 300, "held_out": 500}
    assert (prepared.ref.kind, prepared.ref.shape, prepared.ref.classes) == ("image", (1, 8, 8), 10)
    assert prepared.rows("train").dtype == np.uint8
    assert overlap(prepared) == 0


def test_every_image_is_there_once_with_its_own_label():
    """Kills: labels left in the file's order, overlapping cuts."""
    bunch = load_digits()
    expected = sorted(
        (image.tobytes(), label) for image, label in zip(digits.stored(bunch.images), bunch.target, strict=True)
    )
    raw = digits.load()
    pairs = [pair for _, part in raw.parts() for pair in zip(part.rows, part.labels, strict=True)]
    assert sorted((image.tobytes(), label) for image, label in pairs) == expected


def test_grey_values_use_the_whole_range():
    """Kills: a division by 17, truncation in place of rounding (4 * 255 / 16 is 63.75)."""
    values = digits.stored(np.array([[[0.0, 4.0, 8.0, 16.0]]]))
    assert values.tolist() == [[[[0, 64, 128, 255]]]]


def test_splits_are_drawn_from_the_whole_file():
    """Kills: no shuffle: the file is ordered by writer, and the last ones would be held out."""
    last = {image.tobytes() for image in digits.stored(load_digits().images[-500:])}
    share = np.mean([row.tobytes() in last for row in digits.load().held_out.rows])
    assert 0.2 < share < 0.36  # 500 of 1797 are 0.28
