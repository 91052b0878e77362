from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import peers
from genbench.metrics.kernel import kd
from genbench.metrics.kernel_sums import moment_sums, own_sum, tile_sums


def _slow(real, fake):
    def kernel(x, y):
        return (float(np.dot(x, y)) / len(x) + 1) ** 3

    def within(rows):
        n = len(rows)
        return sum(kernel(rows[i], rows[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))

    return within(real) + within(fake) - 2 * float(np.mean([[kernel(x, y) for y in fake] for x in real]))


def test_golden_gauss(shared):
    """Kills: the diagonal left in, a kernel without 1/d or without + 1, 2/(nm) for 2/n^2."""
    (case,) = [
        each
        for each in json.loads((shared / "goldens/first.json").read_text())["cases"]
        if each["name"] == "gauss_256x16"
    ]
    state = np.random.RandomState(0)
    real = state.randn(256, 16)
    assert kd(real, 0.8 * state.randn(256, 16) + 0.25).value == pytest.approx(case["kd"], rel=1e-12)


@pytest.mark.data
@pytest.mark.parametrize("sums", [tile_sums, moment_sums])
@pytest.mark.parametrize(
    "pair",
    ["mnist_real|mnist_real", "mnist_real|mnist_real2", "mnist_real|mnist_collapse012", "cifar_real|cifar_real2"],
)
def test_reference_vectors(data_root, pair, sums, monkeypatch):
    """Kills: float32 products (off by 1e-6), either way of summing alone."""
    monkeypatch.setattr("genbench.metrics.kernel.sums_between", sums)
    vectors = np.load(data_root / "metrics/metric_vectors.npz")
    expected = json.loads((data_root / "metrics/metric_reference.json").read_text())["pairs"][pair]["kid"]
    first, second = pair.split("|")
    assert kd(vectors[f"feat_{first}"], vectors[f"feat_{second}"]).value == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 12), st.integers(2, 12))
def test_agrees_with_a_slow_implementation_at_unequal_sizes(seed, width, n, m):
    """Kills: n used for m, the diagonal divided by n^2."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)), rng.normal(size=(m, width)) + 0.5
    assert kd(real, fake).value == pytest.approx(_slow(real, fake), rel=1e-9, abs=1e-9)
    assert kd(fake, real).value == pytest.approx(_slow(real, fake), rel=1e-9, abs=1e-9)
    assert kd(real, fake, rng=rng).value == pytest.approx(_slow(real, fake), rel=1e-9, abs=1e-9)


def _sides(kind, width, dtype=np.float32):
    """Two sides on which rounding products to float32 would bias the distance."""
    rng = np.random.default_rng(0)
    plain = [rng.normal(size=(n, width)) for n in (700, 640)]
    copied = np.maximum(rng.normal(size=(8, width)), 0)
    sides = {
        "plain": plain,
        "rectified": [np.maximum(rows, 0) for rows in plain],
        "far": [rows + 50 for rows in plain],
        "decaying": [rows / np.arange(1, width + 1) ** 0.5 + 1 for rows in plain],
        "collapsed": [np.maximum(plain[0], 0), copied[rng.integers(0, 8, 640)]],
        "heavy": [rng.standard_t(3, size=(len(rows), 1)) * rows for rows in plain],
    }
    return [side.astype(dtype) for side in sides[kind]]


KINDS = ("plain", "rectified", "far", "decaying", "collapsed", "heavy")


@pytest.mark.parametrize("kind", KINDS)
def test_products_in_float32_do_not_bias_the_distance(kind):
    """Kills: rows that are not centred, tiles whose mean rounding has moved, a diagonal that its own sum does not undo.

    Each alone costs 1e-4 to 1 of the standard error on some kind.
    """
    real, fake = _sides(kind, 256)
    rounded, exact = (
        kd(real.astype(dtype), fake.astype(dtype), rng=np.random.default_rng(0)) for dtype in (np.float32, np.float64)
    )
    assert abs(rounded.value - exact.value) < 1e-5 * exact.se
    assert rounded.se == pytest.approx(exact.se, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [20, 200])
def test_rows_in_float64_agree_with_whole_matrices(kind, width):
    """Kills: float64 rows rounded to float32, before or after they are shifted."""
    real, fake = _sides(kind, width, np.float64)

    def mean(first, second, without):
        values = (first @ second.T / width + 1) ** 3
        return (values.sum() - without * np.trace(values)) / (len(first) * (len(second) - without))

    terms = mean(real, real, 1), mean(fake, fake, 1), -2 * mean(real, fake, 0)
    found = kd(real, fake, rng=np.random.default_rng(0)).value
    assert found == pytest.approx(sum(terms), rel=1e-10, abs=1e-13 * max(map(abs, terms)))


@pytest.mark.parametrize("kind", ["plain", "rectified", "collapsed"])
@pytest.mark.parametrize(("width", "dtype"), [(3, np.float32), (40, np.float32), (200, np.float64)])
def test_tensors_give_the_same(kind, width, dtype):
    """Kills: a function that one library lacks, or takes otherwise; another dealing of the rows."""
    real, fake = _sides(kind, width, dtype)
    expected = kd(real, fake, rng=np.random.default_rng(0))
    found = kd(torch.from_numpy(real), torch.from_numpy(fake), rng=np.random.default_rng(0))
    scale = max(abs(expected.value), expected.se)
    assert (found.value, found.se) == pytest.approx((expected.value, expected.se), rel=1e-9, abs=1e-9 * scale)


@pytest.mark.gpu
@pytest.mark.parametrize("width", [3, 200])
def test_a_device_gives_the_same(width):
    """Kills: an array left on the host."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    sides = _sides("plain", width)
    expected = kd(*sides, rng=np.random.default_rng(0))
    found = kd(*(torch.from_numpy(rows).cuda() for rows in sides), rng=np.random.default_rng(0))
    assert abs(found.value - expected.value) < 1e-5 * expected.se


def test_agrees_with_torch_fidelity():
    """Kills: another kernel, the biased estimate. One subset of all rows, in whatever order, is the whole."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(400, 30)), 1.1 * rng.normal(size=(400, 30))
    try:
        expected = peers.kid(real, fake, subsets=1, rows=400)
    except ImportError as reason:
        pytest.skip(f"the peer is not installed: {reason}")
    assert kd(real, fake).value == pytest.approx(expected, rel=1e-6)


def test_rotation_changes_nothing_and_a_shift_does():
    """Kills: centring, under which this kernel is another metric."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 5)), rng.normal(size=(50, 5)) + 0.5
    rotation = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    assert kd(real @ rotation, fake @ rotation).value == pytest.approx(kd(real, fake).value, rel=1e-9)
    assert kd(real + 3, fake + 3).value > 2 * kd(real, fake).value > 0.2


@pytest.mark.parametrize("width", [1, 2, 7])
def test_both_ways_of_summing_agree(width, monkeypatch):
    """Kills: a wrong multiplicity of a moment, a tile beside the diagonal counted once, the last tile left out."""
    monkeypatch.setattr("genbench.metrics.kernel_sums.TILE", 16)
    rng = np.random.default_rng(0)
    groups = [rng.normal(size=(n, width)) + n for n in (50, 3, 17)]
    assert moment_sums(groups) == pytest.approx(tile_sums(groups), rel=1e-12)
    direct = [[((a @ b.T / width + 1) ** 3).sum() for b in groups] for a in groups]
    assert tile_sums(groups) == pytest.approx(np.array(direct), rel=1e-12)
    assert own_sum(groups[0]) == pytest.approx(np.trace((groups[0] @ groups[0].T / width + 1) ** 3), rel=1e-12)


@pytest.mark.parametrize(("shift", "most"), [(0.0, 1.25), (0.1, 1.15)])
def test_standard_error_is_the_spread_over_fresh_rows(shift, most):
    """Kills: the deviation over subsets and its root-20th (B7), the plain jackknife (1.4 times too large)."""
    rng = np.random.default_rng(0)
    scores = [kd(rng.normal(size=(300, 8)), rng.normal(size=(250, 8)) + shift, rng=rng) for _ in range(120)]
    spread = np.std([score.value for score in scores])
    claimed = np.sqrt(np.mean([score.se**2 for score in scores]))
    assert 0.85 < claimed / spread < most


def test_standard_error_needs_a_generator_and_8_rows():
    """Kills: a default generator, and a division by zero among too few groups."""
    rows = np.random.default_rng(0).normal(size=(9, 2))
    assert kd(rows, rows).se is None
    assert kd(rows[:7], rows, rng=np.random.default_rng(0)).se is None
    assert kd(rows[:8], rows, rng=np.random.default_rng(0)).se > 0


def test_unbiased_on_equal_distributions():
    """Kills: the biased estimate, whose mean here is 0.3."""
    rng = np.random.default_rng(0)
    values = [kd(rng.normal(size=(20, 3)), rng.normal(size=(30, 3))).value for _ in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / 300**0.5


@pytest.mark.parametrize("width", [4, 300])
def test_memory_does_not_grow_with_pairs(width):
    """Kills: the whole kernel matrix: 3000 x 3000 in float64 is 72 MB."""
    rows = np.random.default_rng(0).normal(size=(3000, width)).astype(np.float32)
    tracemalloc.start()
    kd(rows, rows[::-1])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
