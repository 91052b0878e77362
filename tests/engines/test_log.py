"""However much a plugin prints, its head and its tail are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genbench.engines.log import HEAD, TAIL, Log


def _log(*parts: bytes) -> Log:
    log = Log()
    for part in parts:
        log.write(part)
    return log


@given(st.lists(st.binary(max_size=2000), max_size=20))
def test_little_is_kept_whole(parts: list[bytes]) -> None:
    assert _log(*parts).text() == b"".join(parts).decode(errors="replace")


def test_much_keeps_both_ends() -> None:
    """Kills: keeping the head alone, without the error at the end, or growing with what is printed."""
    log = _log(b"first\n", *[b"x" * 1000] * 5000, b"\nlast")
    text = log.text()
    assert text.startswith("first")
    assert text.endswith("last")
    assert "bytes left out" in text
    assert len(text) < HEAD + 2 * TAIL


def test_the_tail_is_safe_to_print() -> None:
    """Kills: escape codes of a plugin that reach the user's terminal."""
    assert _log(b"a\x1b[31mred\x07\nb\xff").tail() == "a [31mred \nb\ufffd"


STACKS = b"""Thread 0x01 (most recent call first):
  File "other.py", line 1 in wait

Current thread 0x02 (most recent call first):
  File "plugin.py", line 7 in hang
""" + b"".join(b'  File "below.py", line %d in call\n' % k for k in range(50))


def test_where_it_stood_is_not_pushed_out() -> None:
    """Kills: a tail of the outermost frames, or of another thread; stacks that many prints have pushed out."""
    log = _log(*[b"a line\n"] * 10_000)
    log.write_stacks(b"Fatal Python error: Segmentation fault\n\n" + STACKS)
    lines = log.tail().splitlines()
    assert len(lines) == 12
    assert lines[2] == "a line"
    assert lines[3].startswith("Fatal")
    assert "in hang" in lines[5]
    assert log.text().endswith("line 49 in call\n")


def test_stacks_are_bounded() -> None:
    log = _log()
    for _ in range(100):
        log.write_stacks(STACKS * 10)
    assert len(log.text()) < 40_000
