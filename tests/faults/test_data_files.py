"""F39: data files that are damaged in every usual way are refused before anything trains, and left as they are."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genbench.data import prepare
from genbench.data.cifar10 import KNOWN
from genbench.data.fashion_mnist import files as fashion_files
from genbench.data.folder import ABANDONED, read
from genbench.data.spoken_digits import KNOWN as KNOWN_CLIPS
from genbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HTML = b"<!DOCTYPE html><html><title>404 Not Found</title></html>"
DAMAGES = ("truncated", "checksum", "empty", "html", "zeros")


def _idx(damage: str) -> bytes:
    """Return train images of MNIST's form: right in all but one thing."""
    header = b"\0\0\x08\x03" + b"".join(axis.to_bytes(4, "big") for axis in (60_000, 28, 28))
    made = {
        "truncated": lambda: gzip.compress(header + b"\x07" * 10_000)[:-20],
        "checksum": lambda: header + b"\x07" * (60_000 * 784),
        "empty": lambda: b"",
        "html": lambda: gzip.compress(HTML),
        "zeros": lambda: gzip.compress(header + bytes(60_000 * 784), 1),
    }
    return made[damage]()


def _packed(**arrays: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _damaged(damage: str, good: Callable[[int], bytes]) -> bytes:
    """Return an archive of `good(value)` with one damage."""
    if damage in ("empty", "html"):
        return b"" if damage == "empty" else HTML
    whole = good(0 if damage == "zeros" else 7)
    return whole[: len(whole) // 2] if damage == "truncated" else whole


def _photographs(value: int) -> bytes:
    train, test = (np.full((n, 32, 32, 3), value, np.uint8) for n in (10_000, 1_000))
    labels = {"y_train": np.arange(10_000, dtype=np.uint8) % 10, "y_test": np.arange(1_000, dtype=np.uint8) % 10}
    return _packed(x_train=train, x_test=test, **labels)


def _clips(value: int) -> bytes:
    lengths = np.full(3_000, 10, np.int32)
    whole = np.zeros(3_000, np.uint8)
    return _packed(audio=np.full(30_000, value, np.int16), lengths=lengths, labels=whole, takes=whole)


def _picture(value: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise if value else np.zeros_like(noise)).save(file, "png")
    return file.getvalue()


def _array(value: int) -> bytes:
    file = io.BytesIO()
    np.save(file, np.full((40, 8, 8), value, np.uint8))
    return file.getvalue()


def _lay(root: Path, name: str, damage: str) -> tuple[str, Path]:
    """Lay out a damaged data set below a root; return what to ask for and the damaged file."""
    if name in ("mnist", "fashion_mnist"):
        path = root / name.replace("_", "-") / "train-images-idx3-ubyte"
        path.parent.mkdir(parents=True)
        for other in ("train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
            (path.parent / f"{other}-ubyte").write_bytes(b"")
        path.write_bytes(_idx(damage))
        return name, path
    where, content = {
        "cifar10": ("cifar10/cifar10_a.npz", lambda: _damaged(damage, _photographs)),
        "spoken_digits": ("audio/fsdd.npz", lambda: _damaged(damage, _clips)),
        "images": ("photos/a.png", lambda: _damaged(damage, _picture)),
        "arrays": ("rows.npy", lambda: _damaged(damage, _array)),
    }[name]
    path = root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content())
    if (name, damage) == ("images", "zeros"):
        for number in range(20):
            (path.parent / f"{number}.png").write_bytes(content())
    return {"images": "images:photos", "arrays": "arrays:rows.npy"}.get(name, name), path


SETS = ("mnist", "fashion_mnist", "cifar10", "spoken_digits", "images", "arrays")
UNKNOWN = {("images", "checksum"), ("arrays", "checksum")}  # nobody knows what the user's own rows should be
SLOW = {("fashion_mnist", "checksum"), ("fashion_mnist", "zeros")}  # 47 MB through the code that mnist goes through
HASHES = {
    "mnist": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "cifar10": KNOWN[0],
    "spoken_digits": KNOWN_CLIPS,
}


@pytest.mark.parametrize(
    ("name", "damage"), [(name, damage) for name in SETS for damage in DAMAGES if (name, damage) not in UNKNOWN | SLOW]
)
def test_f39_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, name: str, damage: str) -> None:
    """Kills: rows made of what a server said in place of the file, of a part of it, or of zeros."""
    asked, path = _lay(tmp_path / "root", name, damage)
    before = path.read_bytes()
    with pytest.raises(DataError) as caught:
        prepare(asked, data_root=tmp_path / "root", cache=tmp_path / "cache")
    told = str(caught.value)
    for part in {"html": "web page", "empty": "empty file (0 bytes)", "zeros": "zero"}.get(damage, ""), "expected":
        assert part in told or (damage == "zeros" and "sha256" in told)
    if damage == "checksum":
        assert told.count("sha256") == 2 or "found" in told
        assert HASHES.get(name, "sha256") in told
    assert any(advice in told for advice in ("what to do: ", "get it again"))
    assert path.read_bytes() == before
    assert not list((tmp_path / "cache").glob("*-*"))


def test_f39_the_first_digits_of_a_hash_are_known(tmp_path: Path) -> None:
    """Both hashes are told of a file that has the right size and other content."""
    _, path = _lay(tmp_path, "fashion_mnist", "checksum")
    assert path in fashion_files(tmp_path)
    with pytest.raises(DataError, match=r"with sha256 [0-9a-f]{64}\n.*47040016 bytes with sha256 [0-9a-f]{64}\n"):
        prepare("fashion_mnist", data_root=tmp_path, cache=tmp_path / "cache")


def test_f39_nothing_is_trained_on_damaged_data(launch, tmp_path: Path) -> None:
    """Kills: a run that starts with the data sets that are whole; one mistake told at a time."""
    names = [_lay(tmp_path / "root", name, "html")[0] for name in SETS]
    done, _ = launch(
        "--models", "null", "--datasets", ",".join([*names, "tiny"]), "--data-root", str(tmp_path / "root"),
        into=tmp_path / "out", results=False, GENBENCH_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "6 problems" in done.stderr
    assert done.stderr.count(f"cannot use {tmp_path / 'root'}") == len(SETS)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


KILLS = """
import os, signal, sys
from pathlib import Path
import numpy as np
from genbench.data import folder, prepare
source, cache = sys.argv[1], Path(sys.argv[2])

def prepared():
    return prepare(f"arrays:{source}", data_root=None, cache=cache)

def dying(function, at, calls=[0]):
    def call(*arguments, **named):
        calls[0] += 1
        if calls[0] > at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return call

for at in range(100):
    child = os.fork()
    if not child:
        np.save, os.rename, os.replace = (dying(f, at) for f in (np.save, os.rename, os.replace))
        Path.write_text = dying(Path.write_text, at)
        prepared()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    whole = [each for each in cache.glob("arrays*") if folder.read(each) is None] if cache.exists() else []
    assert not whole, (at, whole)
    if status == 0:
        print(at)
        break
assert prepared() == prepared()
"""


def test_f39_a_preparation_killed_at_any_write_leaves_nothing_half_made(tmp_path: Path) -> None:
    """Kills: rows written under the final name."""
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(50, 3)))
    command = [sys.executable, "-W", "ignore", "-c", KILLS, str(tmp_path / "rows.npy"), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 6


def test_f39_what_the_killed_left_is_swept_in_the_end(tmp_path: Path) -> None:
    """Kills: a cache that grows with every kill; one that deletes what another process is making."""
    for name in (".preparing-old", ".preparing-new"):
        (tmp_path / "cache" / name).mkdir(parents=True)
    then = (tmp_path / "cache" / ".preparing-old").stat().st_mtime - 2 * ABANDONED
    os.utime(tmp_path / "cache" / ".preparing-old", (then, then))
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(50, 3)))
    found = prepare(f"arrays:{tmp_path / 'rows.npy'}", data_root=None, cache=tmp_path / "cache")
    assert read(found.folder) == found
    assert [path.name for path in (tmp_path / "cache").glob(".preparing-*")] == [".preparing-new"]
