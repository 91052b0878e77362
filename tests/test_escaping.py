"""Foreign text becomes harmless, short and still readable."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.escaping import first_line, neutral, plain, shortened


@given(st.text(max_size=700))
def test_plain_leaves_nothing_that_steers(text):
    """Kills: one class of invisible characters let through, a line break kept, no cap."""
    line = plain(text)
    assert len(line) <= 300
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for character in line)
    assert not re.match(r"\s*::", line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jcleared", "cleared"),
        ("one\r\ntwo\ttabs", "one two tabs"),
        ("abc\u202edcba\u2066", "abcdcba"),
        ("zero\u200bwidth\ufeff\x00", "zerowidth"),
        ("::error::boom", ": :error::boom"),
        ("  ::set-env name=x", ": :set-env name=x"),
        ("ok ##[group]x ##vso[task]", "ok # #[group]x # #vso[task]"),
        ("std::bad_alloc", "std::bad_alloc"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


def test_neutral_keeps_indentation():
    assert neutral("   ::add-mask::x") == "   : :add-mask::x"


def test_shortened_keeps_both_ends():
    assert shortened("a" * 10 + "z" * 10, 10) == "aaaaaa…zzz"


def test_first_line_skips_empty_ones():
    assert first_line("\n \x1b[0m\nloss is nan\nmore") == "loss is nan"
    assert first_line(None) == first_line("") == "no message"
