"""The untrained space: the same on every machine, for images of any size."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from genbench.errors import UsageError
from genbench.features import seeded

KNOWN = {
    1: "66204e708cf52d2f88df9d93efd3ac748a4f7505106869a6a2ea30d66b486660",
    3: "817d7fe55a5e8783b2a99d6f7c2abc52b03ae05f2f20db43ff121c5d1f51c9d2",
}  # sha256 of the kernels


def images(count: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.fixture
def make(make_images):
    def build(shape: tuple[int, ...] = (1, 8, 8)) -> seeded.Random:
        return seeded.extractor(make_images().ref.model_copy(update={"shape": shape}), "cpu")

    return build


def convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Correlate [c, h, w] with [d, c, 3, 3], zeros around, and rectify with a leak of 0.2."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    found = np.tensordot(kernel, windows, axes=((1, 2, 3), (0, 3, 4)))
    return np.where(found > 0, found, 0.2 * found)


def pooled(x: np.ndarray) -> np.ndarray:
    height, width = x.shape[1:]
    padded = np.pad(x, ((0, 0), (0, height % 2), (0, width % 2)), constant_values=-np.inf)
    return padded.reshape(len(x), -(-height // 2), 2, -(-width // 2), 2).max(axis=(2, 4))


def expected(kernels: tuple[np.ndarray, ...], image: np.ndarray) -> np.ndarray:
    x = image.astype(np.float64) / 127.5 - 1
    for kernel in kernels[:-1]:
        x = pooled(convolved(x, kernel.astype(np.float64)))
    return convolved(x, kernels[-1].astype(np.float64)).mean(axis=(1, 2))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 13)])
def test_features_agree_with_a_second_implementation(make, shape):
    """Kills: no padding; pooling that drops an odd last row; another leak; /255 for /127.5; a sum for the average."""
    space, rows = make(shape), images(2, shape)
    second = np.stack([expected(space.weights, row) for row in rows])
    np.testing.assert_allclose(space(rows), second, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channels", sorted(KNOWN))
def test_weights_are_the_same_on_every_machine(channels):
    """Kills: weights of torch's or numpy's own normal numbers, which may change with version and processor."""
    total = hashlib.sha256()
    for kernel in seeded.drawn(channels):
        assert kernel.dtype == np.float32
        total.update(kernel.astype("<f4").tobytes())
    assert total.hexdigest() == KNOWN[channels]


def test_weights_have_the_deviation_that_keeps_signals_alive():
    """Kills: a bound of sqrt(3 / fan-in) or a seed that layers share."""
    kernels = seeded.drawn(3)
    for kernel in kernels[1:]:
        wanted = np.sqrt(2 / (1.04 * np.prod(kernel.shape[1:])))
        assert kernel.std() == pytest.approx(wanted, rel=0.01)
        assert abs(kernel.mean()) < 0.02 * wanted
    assert not np.array_equal(np.sign(kernels[1].ravel()[:99]), np.sign(kernels[2].ravel()[:99]))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 70, 9), (2, 3, 50), (1, 1, 1)])
def test_any_shape_gives_512_features_none_of_them_dead(make, shape):
    found = make(shape)(images(20, shape))
    assert found.shape == (20, 512)
    assert np.isfinite(found).all()
    assert (found.std(axis=0) > 0).all()


def test_a_row_has_the_same_features_in_any_company(make):
    """Kills: a last batch that is not filled up."""
    space, rows = make(), images(300, (1, 8, 8))
    whole = space(rows)
    np.testing.assert_array_equal(space(rows[299:]), whole[299:])


def test_it_names_itself_and_its_hash_depends_on_the_channels(make):
    one, three = make((1, 8, 8)), make((3, 8, 8))
    assert (one.name, one.dimension) == ("random", 512)
    assert one.hash != three.hash
    assert one.hash == make((1, 30, 30)).hash


def test_points_are_refused(make_points):
    with pytest.raises(UsageError, match="got points data 'cloud', expected images or waves"):
        seeded.check(make_points().ref)
