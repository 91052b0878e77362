from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
