"""Every write is synced before it is named, and its folder after: whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from genbench.store import durable


class Watched:
    """Stands in for `os`; notes system calls, writes at most a few bytes at a time, and fails where it is told to."""

    def __init__(self, fails: str = "") -> None:
        self.calls: list[str] = []
        self._fails = fails

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in {"open", "write", "fsync", "link", "replace", "rename", "unlink", "mkdir"}:
            return real

        def call(*arguments, **named):
            self.calls.append(name)
            if name == self._fails:
                raise OSError(errno.EIO, "Input/output error")
            return real(arguments[0], arguments[1][:3]) if name == "write" else real(*arguments, **named)

        return call


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    seen = Watched()
    monkeypatch.setattr(durable, "os", seen)
    return seen


@pytest.mark.parametrize(("write", "naming"), [(durable.replace, "replace"), (durable.create, "link")])
def test_synced_before_it_is_named_and_the_folder_after(watched, tmp_path, write, naming: str) -> None:
    """Kills: a name for what is not on the disk, a folder that forgets the name, one call of write taken for all."""
    write(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"
    named = watched.calls.index(naming)
    assert watched.calls[:named] == ["open", *["write"] * 4, "fsync"]
    assert watched.calls[-2:] == ["open", "fsync"]
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_folder_appears_with_its_files(watched, tmp_path) -> None:
    assert durable.create_folder(tmp_path / "folder", {"a": b"1", "b": b"2"})
    named = watched.calls.index("rename")
    assert watched.calls[:named].count("fsync") == 3  # both files, and the folder that holds them
    assert watched.calls[named + 1 :] == ["open", "fsync"]
    assert not durable.create_folder(tmp_path / "folder", {"a": b"3"})
    assert (tmp_path / "folder" / "a").read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_one_of_two_creates(tmp_path) -> None:
    assert durable.create(tmp_path / "file", b"1")
    assert not durable.create(tmp_path / "file", b"2")
    assert (tmp_path / "file").read_bytes() == b"1"


@pytest.mark.parametrize("fails", ["open", "write", "fsync", "replace"])
def test_a_failure_leaves_the_former_file(monkeypatch, tmp_path, fails: str) -> None:
    """Kills: a second fsync where the first failed; a former file that is lost with the new one."""
    (tmp_path / "file").write_bytes(b"former")
    seen = Watched(fails)
    monkeypatch.setattr(durable, "os", seen)
    with pytest.raises(OSError, match="Input/output"):
        durable.replace(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"former"
    assert seen.calls.count("fsync") <= 1


def test_a_folder_that_cannot_be_named_is_an_error(monkeypatch, tmp_path) -> None:
    """Kills: a full disk taken for another harness that was first."""
    monkeypatch.setattr(durable, "os", Watched("rename"))
    with pytest.raises(OSError, match="Input/output"):
        durable.create_folder(tmp_path / "folder", {"a": b"1"})
