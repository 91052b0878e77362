"""A message comes whole or not at all, and no writer makes its reader wait or swell."""

from __future__ import annotations

import os
from multiprocessing import Pipe
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.engines import frames
from genbench.engines.frames import AT_ONCE, CHUNK, HEADER, LARGEST, Frame, Garbled, Inlet, pack


def _frame(*parts: bytes) -> Frame:
    frame = Frame()
    for part in parts:
        frame.write(part)
    return frame


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=50)), st.integers(0, 60))
def test_a_message_arrives_in_whatever_pieces(message: dict[str, str], cut: int) -> None:
    data = pack(message)
    assert _frame(data[:cut], data[cut:]).message() == message


@settings(deadline=None)
@given(st.data())
def test_half_or_altered_is_never_taken_for_whole(data: st.DataObject) -> None:
    """Kills: no hash, no length, or trailing bytes that are overlooked."""
    whole = pack({"result": "some words"})
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= data.draw(st.integers(1, 255))
    for damaged in (whole[:place] or b"x", bytes(flipped), whole + b"!"):
        with pytest.raises(Garbled):
            _frame(damaged).message()


def test_nothing_is_nothing() -> None:
    assert _frame().message() is None


def test_only_objects_are_messages() -> None:
    with pytest.raises(Garbled, match="expected a JSON object, got list"):
        _frame(pack([])).message()  # type: ignore[arg-type]


def test_a_frame_keeps_no_more_than_a_message_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a plugin that writes into the pipe of results until the supervisor has no memory."""
    monkeypatch.setattr(frames, "LARGEST", 1000)
    frame = _frame(*[b"x" * 999] * 50)
    assert len(frame._data) <= HEADER + 1001
    assert LARGEST > 1000


def test_an_inlet_never_waits_and_never_takes_too_much_at_once() -> None:
    """Kills: a read that blocks, or that goes on as long as somebody writes."""
    end, other = Pipe(duplex=False)
    taken: list[bytes] = []
    inlet = Inlet(end, taken.append)
    inlet.read()
    assert taken == []
    os.write(other.fileno(), b"word")
    inlet.read()
    other.close()
    inlet.read()
    assert (taken, end.closed) == ([b"word"], True)
    inlet.read()


def test_an_endless_writer_does_not_keep_the_reader() -> None:
    """Kills: reading until nothing comes."""
    with Path("/dev/zero").open("rb") as endless:
        taken: list[bytes] = []
        inlet = Inlet(endless, taken.append)  # type: ignore[arg-type]
        inlet.read()
    assert sum(map(len, taken)) == CHUNK * AT_ONCE
