"""Text as windows of characters or bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.data import characters, prepare
from genbench.errors import DataError

PATH = Path("play.txt")
HASH = "33b0df7c63e06131aab499828549f92cd0f3436088a81ce9b4eaafa479184224"


def text_of(raw) -> str:
    return "".join(raw.alphabet[code] for _, part in raw.parts() for code in part.rows.ravel())


@settings(max_examples=40, deadline=None)
@given(st.text("aäß漢😀\n\r\t", min_size=60, max_size=400), st.integers(1, 3))
def test_windows_side_by_side_are_the_text(text: str, length: int):
    """Kills: windows that overlap or skip, splits out of order, carriage returns translated, characters by bytes."""
    if len(set(text)) == 1:
        text += "ab"
    raw = characters.by_character(PATH, text.encode(), length)
    assert text_of(raw) == text[: len(text) // length * length]
    assert raw.alphabet == tuple(sorted(set(text)))
    assert raw.classes == len(raw.alphabet)
    assert len(raw.validation) == len(raw.held_out) == len(text) // length // 20


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=40, max_size=300))
def test_bytes_are_any_bytes(content: bytes):
    raw = characters.by_byte(PATH, content, 2)
    assert raw.classes == 256
    assert text_of(raw).encode("latin-1") == content[: len(content) // 2 * 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"abc" * 400, "expected: at least 20 windows of 64 tokens\n  found:    18 of them in 1200"),
        (b"a" * 4000, "expected: 2 to 512 different characters\n  found:    1\n"),
        ("".join(map(chr, range(0x4E00, 0x5100))).encode(), "found:    768\n  what to do: read it by bytes, as text:"),
        (b"abc\xff" * 999, "invalid start byte at byte 3\n  what to do: read it by bytes"),
        (b"", "found:    0"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, message: str):
    with pytest.raises(DataError, match=message):
        characters.by_character(PATH, content)


def test_the_forms_of_a_source(tmp_path):
    """Kills: a length that is ignored, bytes read as characters, a hash that does not know the alphabet."""
    (tmp_path / "own.txt").write_text("the cat sät on the mat\n" * 100, encoding="utf-8")
    refs = {
        source: prepare(f"text:{source}", data_root=tmp_path, cache=tmp_path / "cache").ref
        for source in ("own.txt", "own.txt@10", "own.txt@10:bytes", "own.txt:bytes")
    }
    assert [(ref.shape, ref.classes) for ref in refs.values()] == [((64,), 12), ((10,), 12), ((10,), 256), ((64,), 256)]
    assert {ref.kind for ref in refs.values()} == {"tokens"}
    assert sum(refs["own.txt@10"].counts.values()) == 230
    assert sum(refs["own.txt@10:bytes"].counts.values()) == 240


def test_the_same_codes_of_other_characters_are_other_data(tmp_path):
    """Kills: a hash of codes alone."""
    refs = []
    for name, letters in (("one", "ab"), ("two", "xy")):
        (tmp_path / name).write_text(letters * 1000)
        refs.append(prepare(f"text:{tmp_path / name}", data_root=None, cache=tmp_path / "cache").ref)
    assert refs[0].hash != refs[1].hash


@pytest.mark.parametrize(
    ("source", "message"), [("own.txt@0", "a size of at least 1, found 0; write text:FILE"), (".", "found a folder")]
)
def test_a_source_that_will_not_do_is_refused(source: str, message: str, tmp_path):
    (tmp_path / "own.txt").write_text("ab" * 2000)
    with pytest.raises(DataError, match=message):
        prepare(f"text:{source}", data_root=tmp_path, cache=tmp_path / "cache")


@pytest.mark.data
def test_tiny_shakespeare_is_pinned(data_root, cache):
    prepared = prepare("tiny_shakespeare", data_root=data_root, cache=cache)
    ref = prepared.ref
    assert ref.hash == HASH
    assert ref.counts == {"train": 15_686, "validation": 871, "held_out": 871}
    assert (ref.classes, ref.shape, ref.labelled) == (65, (64,), False)
    first = "".join(ref.alphabet[code] for code in prepared.rows("train")[0])
    assert first.startswith("First Citizen:\nBefore we proceed any further")
    assert set(np.unique(prepared.rows("held_out"))) <= set(np.unique(prepared.rows("train")))
