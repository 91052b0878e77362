"""The cache: believed while nothing changed, rebuilt when damaged, shared by many."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genbench.data import arrays, prepare
from genbench.data.folder import slug
from genbench.data.request import ask
from genbench.errors import DataError
from genbench.record import Prepared

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "points.npy"
    np.save(path, np.random.default_rng(0).normal(size=(50, 3)))
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def prepared(source: Path, cache: Path) -> Prepared:
    return prepare(f"arrays:{source}", data_root=None, cache=cache)


def test_layout(cache: Path):
    found = prepare("digits", data_root=None, cache=cache)
    assert found.folder == cache / f"digits-{found.ref.hash[:16]}"
    names = {path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*.*")}
    splits = ("train", "validation", "held_out")
    files = {f"{split}/{kind}.npy" for split in splits for kind in ("rows", "labels")}
    assert names == files | {"ref.json", "sha256.json"}
    assert Prepared.model_validate_json(found.model_dump_json()) == found
    assert not [path for path in cache.iterdir() if path.name.startswith(".")]


def test_a_second_call_decodes_nothing(source: Path, cache: Path, monkeypatch):
    first = prepared(source, cache)
    monkeypatch.setattr(arrays, "load", lambda source, root: pytest.fail("decoded again"))
    assert prepared(source, cache) == first


def test_an_untouched_source_is_not_even_read(source: Path, cache: Path, monkeypatch):
    """Kills: hashing gigabytes at every start."""
    first = prepared(source, cache)
    monkeypatch.setattr("genbench.data.origin.digest", lambda path: pytest.fail("read again"))
    assert prepared(source, cache) == first


def test_what_a_table_is_decides_rows_too(tmp_path: Path, monkeypatch):
    """Kills: a cache that is believed though the code that says what columns are has changed."""
    module = tmp_path / "table.py"
    module.write_text("one")
    monkeypatch.setattr("genbench.data.request.TABLE", module)
    before = ask("ring8", None).code()
    module.write_text("another")
    assert ask("ring8", None).code() != before


def test_a_touched_source_is_read_but_not_decoded(source: Path, cache: Path, monkeypatch):
    first = prepared(source, cache)
    os.utime(source, (1, 1))
    monkeypatch.setattr(arrays, "load", lambda source, root: pytest.fail("decoded again"))
    assert prepared(source, cache) == first


def test_a_changed_source_is_noticed(source: Path, cache: Path):
    """Kills: trusting name, size and time of modification: a copy that keeps all three is still another file."""
    first = prepared(source, cache)
    before = source.stat()
    content = bytearray(source.read_bytes())
    content[-1] ^= 1
    source.write_bytes(bytes(content))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = prepared(source, cache)
    assert second.ref.hash != first.ref.hash
    assert first.rows("train").shape == second.rows("train").shape


def test_a_source_that_changes_while_it_is_read_is_refused(source: Path, cache: Path, monkeypatch):
    real = arrays.load

    def slow(source: str, root: Path | None) -> object:
        raw = real(source, root)
        np.save(source, np.zeros((20, 3)))
        return raw

    monkeypatch.setattr(arrays, "load", slow)
    with pytest.raises(DataError, match="changed while they were read; run again"):
        prepared(source, cache)


@pytest.mark.parametrize("name", ["train/rows.npy", "held_out/labels.npy", "ref.json", "sha256.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_cache_is_rebuilt(cache: Path, name: str, damage: str):
    """Kills: believing what is there."""
    first = prepare("digits", data_root=None, cache=cache)
    path = first.folder / name
    good = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]) if damage == "flip" else good[: len(good) // 2])
    again = prepare("digits", data_root=None, cache=cache)
    assert again == first
    assert path.read_bytes() == good


def test_a_damaged_origin_is_rewritten(source: Path, cache: Path):
    first = prepared(source, cache)
    (origin,) = (cache / "origins").iterdir()
    origin.write_text("{")
    assert prepared(source, cache) == first
    assert origin.read_text().startswith('{"name":')


def test_two_data_roots_do_not_share_an_origin(tmp_path: Path, cache: Path, monkeypatch):
    """Kills: an origin kept under the name alone, by which each of two roots makes the other decode again."""
    for root, value in (("a", 0), ("b", 1)):
        (tmp_path / root).mkdir()
        np.save(tmp_path / root / "points.npy", np.arange(20.0).reshape(10, 2) + value)
    for _ in range(2):
        a, b = (prepare("arrays:points.npy", data_root=tmp_path / root, cache=cache) for root in "ab")
        assert a.ref.hash != b.ref.hash
        monkeypatch.setattr(arrays, "load", lambda source, root: pytest.fail("decoded again"))


def test_a_whole_folder_is_kept(cache: Path, monkeypatch):
    """Kills: replacing what others are reading."""
    first = prepare("digits", data_root=None, cache=cache)
    before = (first.folder / "train" / "rows.npy").stat().st_ino
    monkeypatch.setattr("genbench.data.origin.read", lambda path: None)
    assert prepare("digits", data_root=None, cache=cache) == first
    assert (first.folder / "train" / "rows.npy").stat().st_ino == before


@pytest.mark.slow
def test_many_preparers_at_once_agree(cache: Path):
    """Kills: writing under the final name; a rename that fails because another process was first."""
    code = (
        "from pathlib import Path; from genbench.data import prepare;"
        f"p = prepare('ring8', data_root=None, cache=Path({str(cache)!r}));"
        "assert p.rows('train').shape == (100_000, 2); print(p.ref.hash)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    hashes = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(hashes) == 1
    assert len(list(cache.iterdir())) == 2  # the one prepared folder, and origins/


def test_racing_publishers_keep_a_whole_folder(source: Path, cache: Path):
    """The loser of the race, simulated: what is there already, whole or damaged, is kept or replaced, never mixed."""
    from concurrent.futures import ThreadPoolExecutor

    from genbench.data.folder import read, write
    from genbench.data.naming import refer, stored

    raw = stored(ask(f"arrays:{source}", None).load())
    ref = refer("points", raw)
    folder = write(ref, raw, cache).folder
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            (folder / "train" / "rows.npy").write_bytes(b"damaged")
            results = list(pool.map(lambda _: write(ref, raw, cache), range(8)))
            assert {result.folder for result in results} == {folder}
            assert read(folder) == results[0]


def test_a_cache_that_cannot_be_written_is_the_users(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"digits: cannot write under .*file/cache: .*; free it or pass another cache"):
        prepare("digits", data_root=None, cache=tmp_path / "file" / "cache")


def test_the_users_file_is_left_as_it_was(source: Path, cache: Path):
    source.write_bytes(b"<html>404</html>")
    with pytest.raises(DataError, match="web page"):
        prepared(source, cache)
    assert source.read_bytes() == b"<html>404</html>"


def test_names_become_safe_and_distinct_folders():
    """Kills: two names that meet in one folder, names that climb out of the cache."""
    names = ["images:a/b@32", "images:a-b@32", "images:../../etc", "arrays:" + 300 * "x", "digits"]
    slugs = [slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    assert all("/" not in each and not each.startswith(".") and len(each) < 64 for each in slugs)
    assert slugs[-1] == "digits"
