"""What is drawn of each kind."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from genbench.data import folder, naming
from genbench.data.dataset import Part, Raw
from genbench.report.drawing import draw
from genbench.report.excerpts import LONGEST, excerpts, written
from genbench.report.pictures import spectrograms
from genbench.table import Column, Table


def _prepared(rows, path, **fields):
    part = Part(rows=rows)
    raw = naming.stored(Raw(train=part, validation=part, held_out=part, **fields))
    return folder.write(naming.refer("made", raw), raw, path / "data")


def _table(*kinds):
    columns = [
        Column(name=f"{at}", kind=kind, categories=("a", "b") if kind == "category" else ())
        for at, kind in enumerate(kinds)
    ]
    return Table(columns=tuple(columns))


def _inked(path):
    with Image.open(path) as opened:
        return (np.asarray(opened) == (190, 60, 30)).all(axis=2)


def test_the_first_two_numbers_of_a_table_are_drawn_alike(tmp_path):
    """Kills: a category on an axis; age against income in one unit, which is a line."""
    generator = np.random.default_rng(0)
    rows = np.stack(
        [generator.integers(0, 2, 300), generator.normal(size=300), 1e6 * generator.normal(size=300)], axis=1
    ).astype(np.float32)
    data = _prepared(rows, tmp_path, kind="points", table=_table("category", "number", "number"))
    draw(rows, data, tmp_path / "samples.png")
    down, across = np.nonzero(_inked(tmp_path / "samples.png"))
    assert np.ptp(across) > 300 and np.ptp(down) > 300


@pytest.mark.parametrize("kinds", [("category", "number"), ("category", "category")])
def test_what_has_no_two_numbers_has_no_picture(kinds, tmp_path):
    rows = np.array([[0, 1], [1, 0]] * 30, np.float32)
    draw(rows, _prepared(rows, tmp_path, kind="points", table=_table(*kinds)), tmp_path / "samples.png")
    assert not (tmp_path / "samples.png").exists()


def test_a_low_tone_is_bright_at_the_bottom(tmp_path):
    """Kills: spectrograms upside down; more than 32 of them."""
    wave = np.sin(2 * np.pi * 200 * np.arange(4096) / 8000).astype(np.float32)
    spectrograms(np.tile(wave, (40, 2, 1)), tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as opened:
        sheet = np.asarray(opened.convert("L"))
    tile = sheet[4:84, 4:70]
    assert tile[40:].mean() > 2 * tile[:40].mean()
    assert sheet.shape[0] == 4 * (80 + 4) + 4


def test_excerpts_are_printable_lines(tmp_path):
    """Kills: control characters that reach a terminal, a new line within an excerpt, a backslash that reads as one."""
    alphabet = ("\n", "\x1b", "\\", "\u202e", "é", "a", " ")
    excerpts(np.tile(np.arange(7), (30, 1)), tmp_path / "samples.txt", alphabet)
    lines = (tmp_path / "samples.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [r"\n\x1b\\\u202eéa "] * 20


def test_tokens_without_an_alphabet_are_numbers():
    assert written([3, 0, 12], None) == "3 0 12"


def test_long_texts_are_cut(tmp_path):
    excerpts(np.zeros((1, 10 * LONGEST), np.int64), tmp_path / "samples.txt", ("a",))
    assert (tmp_path / "samples.txt").read_text() == "a" * LONGEST + "\n"
