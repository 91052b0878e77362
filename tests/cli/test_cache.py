"""A key that stays while nothing changes, and changes with whatever makes the cache stale."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from importlib import metadata

import pytest

from genbench import source
from genbench.entries import Entry


def test_the_key_is_short_and_stays(run_genbench) -> None:
    """Kills: a key with a time, a path or a random number in it."""
    first, second = run_genbench("cache", "key"), run_genbench("cache", "key", PYTHONHASHSEED="7")
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout == f"{source.cache_key()}\n"
    assert re.fullmatch(r"genbench-[a-z]+-[a-z0-9_]+-torch\d+\.\d+-[0-9a-f]{16}\n", first.stdout)


def test_the_path_is_the_caches(run_genbench, tmp_path) -> None:
    assert run_genbench("cache", "path", GENBENCH_CACHE=str(tmp_path / "kept")).stdout == f"{tmp_path / 'kept'}\n"


@pytest.mark.parametrize("what", ["source", "torch", "numpy", "machine", "plugin"])
def test_the_key_changes_with(monkeypatch, what) -> None:
    """Kills: a cache of another torch, another machine, or another version of a third party's data set restored."""
    before, version = source.cache_key(), metadata.version
    if what == "source":
        monkeypatch.setattr(source, "source_hash", lambda: "0" * 16)
    elif what == "machine":
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    elif what == "plugin":
        mine = Entry("mine", "mine.data", "genbench-mine", "0.2")
        monkeypatch.setattr(source, "entries", lambda group: ([mine], []))
    else:
        monkeypatch.setattr(metadata, "version", lambda name: "9.9.9" if name == what else version(name))
    assert source.cache_key() != before


def test_a_patch_release_of_torch_keeps_the_key(monkeypatch) -> None:
    """Kills: a cache that is thrown away with every build of torch."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0+cpu" if name == "torch" else version(name))
    before = source.cache_key()
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.5" if name == "torch" else version(name))
    assert source.cache_key() == before
    assert source.minor("no-such-distribution") == "none"


def test_the_key_needs_no_torch() -> None:
    """Kills: a job that waits for torch before its cache is restored."""
    code = (
        "import sys\nfrom genbench.cli import group\ngroup(['cache', 'key'], standalone_mode=False)\n"
        "assert not {'torch', 'numpy', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
