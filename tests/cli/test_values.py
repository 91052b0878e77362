"""Flags become values, or one line that says what was expected."""

from __future__ import annotations

from types import SimpleNamespace

import click
import pytest

from genbench import machine
from genbench.cli.values import size, workers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8GB", 8e9),
        ("500mb", 5e8),
        ("2GiB", 2**31),
        ("700000k", 7e8),
        ("1073741824", 2**30),
        ("3 T", 3e12),
        (None, None),
    ],
)
def test_sizes(text, expected) -> None:
    """Kills: powers of 1000 and 1024 mixed up."""
    assert size(None, None, text) == expected


@pytest.mark.parametrize("text", ["0GB", "-1GB", "lots", "8XB", "", "GB", "8", "8MB", "499.9MB"])
def test_no_sizes(text) -> None:
    """Kills: 8 taken for eight bytes, in which nothing starts, so that genbench itself goes wrong."""
    with pytest.raises(click.BadParameter, match="500MB"):
        size(None, None, text)


def test_workers() -> None:
    assert (workers(None, None, "3"), workers(None, None, "auto"), workers(None, None, None)) == (3, None, None)
    for text in ("0", "-1", "two", "1.5"):
        with pytest.raises(click.BadParameter, match="or auto"):
            workers(None, None, text)


def test_the_memory_of_a_trial(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Kills: every worker allowed all that is free; a container's limit not seen."""
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: SimpleNamespace(available=10**10))
    monkeypatch.setattr(machine, "CGROUP", tmp_path / "none")
    assert machine.memory_share(3) == 3 * 10**9
    (tmp_path / "max").write_text("4000000000\n")
    monkeypatch.setattr(machine, "CGROUP", tmp_path / "max")
    assert machine.memory_share(2) == 1.8e9
    (tmp_path / "max").write_text("max\n")
    assert machine.memory_share(2) == 4.5e9
