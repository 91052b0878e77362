"""CIFAR-10 in its three forms, as tiny fixtures."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genbench.data import cifar10
from genbench.data.cifar_batches import read_binary, read_python
from genbench.data.dataset import Part
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]


def batch(seed: int, count: int = 20) -> Part:
    rows = np.random.default_rng(seed).integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)
    return Part(rows=rows, labels=np.arange(count, dtype=np.uint8) % 10)


def as_binary(part: Part) -> bytes:
    return np.concatenate([part.labels[:, None], part.rows.reshape(len(part), -1)], axis=1).tobytes()


def as_python(part: Part, **changes: Any) -> bytes:
    fields = {b"batch_label": b"training batch 1 of 5", b"labels": part.labels.tolist()}
    fields |= {b"data": part.rows.reshape(len(part), -1), b"filenames": [b"a.png"] * len(part)}
    return pickle.dumps(fields | changes, protocol=2)


def python_2() -> bytes:
    """One image of value 7 and label 3, pickled opcode by opcode as Python 2 did it: str, not bytes."""
    content = bytes([7]) * 3072
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
        b"(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        b"K\x00tb\x89T" + len(content).to_bytes(4, "little") + content + b"tb"
    )
    return b"\x80\x02}(U\x04data" + array + b"U\x06labels](K\x03eu."


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches of 20 images pass for whole ones of unknown content."""
    monkeypatch.setattr(cifar10, "BATCH", 20)
    monkeypatch.setattr(cifar10, "TEST", 20)
    monkeypatch.setattr(cifar10, "KNOWN", ())
    monkeypatch.setattr(cifar10, "KNOWN_TEST", cifar10._hash(batch(5)))


def assert_is_whole(root: Path) -> None:
    raw = cifar10.load(root)
    every = np.concatenate([batch(k).rows for k in range(5)])
    np.testing.assert_array_equal(raw.train.rows, every[:80])
    np.testing.assert_array_equal(raw.validation.rows, every[80:])
    np.testing.assert_array_equal(raw.held_out.rows, batch(5).rows)
    assert raw.train.labels.tolist() == [*range(10)] * 8


@pytest.mark.parametrize("parent", ["", "cifar10"])
@pytest.mark.parametrize(
    ("form", "suffix", "write"), [(cifar10.BINARY, ".bin", as_binary), (cifar10.PYTHON, "", as_python)]
)
def test_the_original_forms_are_read(tiny: None, tmp_path: Path, parent: str, form: str, suffix: str, write: Any):
    """Kills: channels last, batches in another order, the test batch among the train ones."""
    folder = tmp_path / parent / form
    folder.mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        (folder / f"{name}{suffix}").write_bytes(write(batch(seed)))
    assert_is_whole(tmp_path)


def test_npz_files_are_read(tiny: None, tmp_path: Path):
    """Kills: npz images taken as channels first."""
    folder = tmp_path / "cifar10"
    folder.mkdir()
    last = {k: batch(k).rows.transpose(0, 2, 3, 1) for k in range(6)}
    labels = batch(0).labels
    np.savez(folder / "cifar10_a.npz", x_train=last[0], y_train=labels, x_test=last[5], y_test=labels)
    joined = np.concatenate([last[k] for k in range(1, 5)])
    np.savez(folder / "cifar10_b.npz", x_train=joined, y_train=np.tile(labels, 4))
    assert_is_whole(tmp_path)


def test_a_set_without_its_last_npz_is_smaller(tiny: None, tmp_path: Path):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    images, labels = batch(5).rows.transpose(0, 2, 3, 1), batch(5).labels
    np.savez(folder / "cifar10_a.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert [len(part) for _, part in cifar10.load(tmp_path).parts()] == [16, 4, 20]


def test_what_is_no_cifar_is_refused(tmp_path: Path):
    """Kills: no check of the content."""
    folder = tmp_path / "cifar10"
    folder.mkdir()
    images, labels = batch(5).rows.transpose(0, 2, 3, 1), batch(5).labels
    np.savez(folder / "cifar10_a.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    with pytest.raises(DataError, match=r"expected: batches of 10000 train images .*\n  found:    20 and 20"):
        cifar10.load(tmp_path)


def test_another_content_is_refused(tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Kills: a hash of the pixels alone, which lets exchanged labels through."""
    folder = tmp_path / "cifar10"
    folder.mkdir()
    images, labels = batch(5).rows.transpose(0, 2, 3, 1), batch(5).labels
    monkeypatch.setattr(cifar10, "KNOWN", (cifar10._hash(batch(5)),))
    np.savez(folder / "cifar10_a.npz", x_train=images, y_train=labels[::-1], x_test=images, y_test=labels)
    with pytest.raises(DataError, match="expected: train batch 1 with sha256"):
        cifar10.load(tmp_path)


def test_nothing_there_is_explained(tmp_path: Path):
    with pytest.raises(DataError, match="what to do: get the binary or the python version") as raised:
        cifar10.files(tmp_path)
    assert str(tmp_path / "cifar-10-batches-py") in str(raised.value)


def test_a_missing_batch_is_explained(tmp_path: Path):
    (tmp_path / cifar10.BINARY).mkdir()
    with pytest.raises(DataError, match=r"one of\n.*data_batch_1\.bin"):
        cifar10.files(tmp_path)


def test_a_pickle_of_python_2_is_read(tmp_path: Path):
    path = tmp_path / "data_batch_1"
    path.write_bytes(python_2())
    part = read_python(path, "")
    assert part.rows.shape == (1, 3, 32, 32)
    assert (part.rows == 7).all()
    assert part.labels.tolist() == [3]


class _Payload:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    "call", [(os.mkdir, ("ran",)), (eval, ("open('ran', 'w')",)), (print, ("ran",)), (np.load, ("ran",))]
)
def test_no_code_in_a_pickle_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: tuple[Any, ...]):
    """Kills: find_class that falls through to the real one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data_batch_1"
    path.write_bytes(as_python(batch(0), extra=_Payload(*call)))
    with pytest.raises(DataError, match=r"asks for [\w.]+, which no batch needs and which was not run"):
        read_python(path, "")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>404</html>",
        as_python(batch(0))[:5000],
        pickle.dumps([1, 2]),
        as_python(batch(0)).replace(b"labels", b"lapels"),
        pickle.dumps({b"data": np.zeros((2, 3072), np.float64), b"labels": [0, 1]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3071), np.uint8), b"labels": [0, 1]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1, 2]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 300]}, protocol=2),
    ],
)
def test_a_damaged_pickle_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    with pytest.raises(DataError, match="expected: a pickled batch of CIFAR-10, python version"):
        read_python(path, "get it again")


@pytest.mark.parametrize("content", [b"", as_binary(batch(0))[:-1], b"<html>"])
def test_a_damaged_binary_batch_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"whole images of 3073 bytes .*\n.* {len(content)} in all"):
        read_binary(path, "get it again")
