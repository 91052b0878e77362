"""The real files, where there is a data root."""

from __future__ import annotations

import gzip
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genbench.data import fashion_mnist, mnist, mnist_binary, overlap, prepare, stacked_mnist
from genbench.data.dataset import Part
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.data

HASHES = {
    "mnist": "c42d65ffe739311aa5d10a24e65175a9ca9880114a867136db2798b36592fb6f",
    "fashion_mnist": "bc32cd3517dcc3902599267f0f71b4802baf8d25775884d3da6403b7a685bb64",
    "mnist_binary": "7ea8765e82d04bf83e9171958b167027a0fb3831727f7cdbade66db299d1f826",
}


@pytest.mark.parametrize("name", sorted(HASHES))
def test_hashes_and_splits_are_pinned(name: str, data_root: Path, tmp_path: Path):
    prepared = prepare(name, data_root=data_root, cache=tmp_path)
    assert prepared.ref.hash == HASHES[name]
    assert prepared.ref.counts == {"train": 55_000, "validation": 5_000, "held_out": 10_000}
    assert (prepared.ref.shape, prepared.ref.classes) == ((1, 28, 28), 10)
    assert overlap(prepared) == {"mnist": 0, "fashion_mnist": 0, "mnist_binary": 8}[name]


@pytest.mark.parametrize(("module", "mean"), [(mnist, 0.1307), (fashion_mnist, 0.2860)])
def test_train_pixels_have_the_published_mean(module, mean: float, data_root: Path):
    """Kills: a shifted header, inverted grey values, validation rows that are not of the train part."""
    raw = module.load(data_root)
    total = sum(int(part.rows.sum(dtype=np.uint64)) for part in (raw.train, raw.validation))
    assert total / (60_000 * 28 * 28 * 255) == pytest.approx(mean, abs=5e-5)


def test_fashion_classes_are_balanced(data_root: Path):
    assert np.bincount(fashion_mnist.load(data_root).held_out.labels).tolist() == [1000] * 10


def test_binary_mnist_is_mnist_in_black_and_white(data_root: Path):
    """Kills: a threshold at 128 or above, 0/1 in place of 0/255."""
    grey, binary = mnist.load(data_root), mnist_binary.load(data_root)
    assert np.unique(binary.held_out.rows).tolist() == [0, 255]
    np.testing.assert_array_equal(binary.held_out.rows == 255, grey.held_out.rows >= 128)
    np.testing.assert_array_equal(binary.train.labels, grey.train.labels)


def test_stacked_mnist_is_pinned(data_root: Path, cache: Path):
    """Kills: any change of a draw; train and held-out images made of the same digits."""
    prepared = prepare("stacked_mnist", data_root=data_root, cache=cache)
    assert prepared.ref.hash == "2d198d7a9c5ad5525c8bd7418e7f0f17af7ebbc02f76f221d723da1aaaf8640a"
    assert prepared.ref.counts == {"train": 50_000, "validation": 5_000, "held_out": 10_000}
    assert (prepared.ref.shape, prepared.ref.classes) == ((3, 28, 28), 1000)
    assert len(np.unique(prepared.labels("train"))) == 1000
    splits = [{bytes(each) for each in prepared.rows(split).reshape(-1, 784)} for split in ("train", "held_out")]
    assert not splits[0] & splits[1]


def test_the_class_of_stacked_digits_is_their_number():
    """Kills: figures in reverse, one digit in all channels, labels of other rows than the images'."""
    digits = Part(rows=np.arange(30, dtype=np.uint8).reshape(30, 1, 1, 1), labels=np.arange(30) % 10)
    made = stacked_mnist.stack(digits, (1,), 2000)
    assert made.rows.shape == (2000, 3, 1, 1)
    figures = made.rows[:, :, 0, 0] % 10
    np.testing.assert_array_equal(made.labels, 100 * figures[:, 0].astype(int) + 10 * figures[:, 1] + figures[:, 2])
    assert len(np.unique(made.labels)) > 800


def test_a_damaged_mnist_is_refused_and_left_alone(data_root: Path, tmp_path: Path):
    shutil.copytree(data_root / "mnist", tmp_path / "mnist")
    path = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.chmod(0o600)
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[5000] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))
    kept = path.read_bytes()
    with pytest.raises(DataError, match=r"10008 bytes with sha256 .*\n  what to do: get the four files of MNIST"):
        prepare("mnist", data_root=tmp_path, cache=tmp_path / "cache")
    assert path.read_bytes() == kept


@pytest.mark.slow
def test_cifar10(data_root: Path, tmp_path: Path):
    """Kills: channels last, batches exchanged: the published channel means hold for the batches that are there."""
    prepared = prepare("cifar10", data_root=data_root, cache=tmp_path)
    assert prepared.ref.shape == (3, 32, 32)
    assert prepared.ref.counts["validation"] in (2_000, 5_000)
    means = prepared.rows("train").mean(axis=(0, 2, 3)) / 255
    np.testing.assert_allclose(means, (0.4914, 0.4822, 0.4465), atol=0.005)
    assert overlap(prepared) == 0
