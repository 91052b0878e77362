from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.manifold import prdc


def _values(*arguments, **options):
    return {name: score.value for name, score in prdc(*arguments, **options).items()}


def _slow(real, fake, k):
    """The definitions, row by row."""

    def radius(rows, i):
        return sorted(float(((rows[i] - rows[j]) ** 2).sum()) for j in range(len(rows)) if j != i)[k - 1]

    real_radii, fake_radii = ([radius(rows, i) for i in range(len(rows))] for rows in (real, fake))
    distances = [[float(((x - y) ** 2).sum()) for y in fake] for x in real]
    in_real = np.array([[d < real_radii[i] for d in row] for i, row in enumerate(distances)])
    in_fake = np.array([[d < fake_radii[j] for j, d in enumerate(row)] for row in distances])
    return {
        "precision": in_real.any(axis=0).mean(),
        "recall": in_fake.any(axis=1).mean(),
        "density": in_real.sum() / (k * len(fake)),
        "coverage": np.mean([min(row) < real_radii[i] for i, row in enumerate(distances)]),
    }


def _golden(shared, name):
    cases = {case["name"]: case for case in json.loads((shared / "goldens/first.json").read_text())["cases"]}
    case = cases[name]
    return case["k"], {key: case[key] for key in ("precision", "recall", "density", "coverage")}


def test_golden_gauss(shared):
    """Kills: a radius that counts the point itself, density over k n instead of k m."""
    k, expected = _golden(shared, "gauss_256x16")
    state = np.random.RandomState(0)
    real = state.randn(256, 16)
    assert _values(real, 0.8 * state.randn(256, 16) + 0.25, k=k) == pytest.approx(expected, rel=1e-12)


def test_golden_collapse_is_precise_and_recalls_nothing(shared):
    """Kills: real and fake swapped (B11)."""
    k, expected = _golden(shared, "collapse_200x16")
    state = np.random.RandomState(42)
    fake = 0.1 * state.randn(200, 16)
    real = 3 * state.randn(200, 16)
    assert _values(real, fake, k=k) == pytest.approx(expected, rel=1e-12)
    assert (expected["precision"], expected["recall"]) == (1, 0)


@pytest.mark.parametrize("value", [1.0, 0.1, -1e6 / 3])
def test_golden_constant_holds_nothing_and_says_so(shared, value):
    """Kills: <= for <, balls of size rounding noise, and silence about degenerate features."""
    k, expected = _golden(shared, "all_constant")
    rows = np.full((10, 4), value)
    assert _values(rows, rows, k=k) == expected
    assert "degenerate features: 10 of 10 real rows" in prdc(rows, rows, k)["precision"].warnings[0]


def test_repeated_rows_far_from_the_origin_are_degenerate():
    """Kills: a radius of rounding noise where rows coincide, in which other copies then lie."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(40, 7)) / 3, 6, axis=0)
    scores = prdc(rows, rows, k=5)
    assert {name: score.value for name, score in scores.items()} == dict.fromkeys(scores, 0.0)
    assert ["240 of 240" in each for each in scores["recall"].warnings] == [True, True]
    assert prdc(rows, rows, k=6)["recall"].warnings == ()


@pytest.mark.data
@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize(
    "pair",
    ["mnist_real|mnist_real", "mnist_real|mnist_real2", "mnist_real|mnist_collapse012", "cifar_real|cifar_real2"],
)
def test_reference_vectors(data_root, pair, k):
    """Kills: any other convention than the published package's; a flipped tie is 0.001."""
    vectors = np.load(data_root / "metrics/metric_vectors.npz")
    expected = json.loads((data_root / "metrics/metric_reference.json").read_text())["pairs"][pair][f"prdc_{k}"]
    real, fake = (vectors[f"feat_{name}"] for name in pair.split("|"))
    assert _values(real, fake, k=k) == pytest.approx(expected, abs=0.001 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 5), st.integers(6, 30), st.integers(6, 30))
def test_agrees_with_a_slow_implementation(seed, width, k, n, m):
    """Kills: n used for m, tiles merged wrongly, ties among pixels broken by rounding."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 6, size=(n, width)), rng.integers(0, 6, size=(m, width))
    points = rng.normal(size=(n, width)), rng.normal(size=(m, width))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genbench.metrics.neighbours.TILE", 7)
        for real, fake in (pixels, points):
            assert _values(real, fake, k=k) == pytest.approx(_slow(real, fake, k), abs=1e-12)


def test_order_rotation_shift_and_scale_change_nothing():
    """Kills: neighbours sought in the own tile only, distances lost to rounding far from the origin."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(1200, 8)), 0.9 * rng.normal(size=(1100, 8)) + 0.2
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    expected = _values(real, fake)
    assert _values(rng.permutation(real), rng.permutation(fake)) == expected
    assert _values(7 * real @ rotation, 7 * fake @ rotation) == expected
    assert _values(real + 1e6, fake + 1e6) == expected
    assert _values(real[np.argsort(real[:, 0])], fake[np.argsort(fake[:, 0])]) == expected


def test_equal_distributions_do_not_reach_one():
    """Kills: `k` ignored; B10: N(0, I64), 0.61 to 0.90 over k = 3 to 10 and N = 250 to 2000, coverage 0.87 to 1."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(1000, 64)), rng.normal(size=(1000, 64))
    small, large = _values(real, fake, k=3), _values(real, fake, k=10)
    for values in (small, large):
        assert 0.55 < values["precision"] < 0.95
        assert 0.55 < values["recall"] < 0.95
        assert 0.85 < values["coverage"] <= 1
    assert large["precision"] > small["precision"] + 0.05


def test_a_copier_looks_perfect():
    """Kills: trust in these four alone; B12: against its own training rows a copier has 1, 1, 1, 1."""
    train = np.random.default_rng(0).normal(size=(300, 16))
    assert _values(train, train) == pytest.approx({"precision": 1, "recall": 1, "density": 1, "coverage": 1}, abs=0.01)


def test_refuses_a_neighbour_that_is_not_there():
    """Kills: k = 0, and the point itself taken for the last neighbour of k rows."""
    rows = np.random.default_rng(0).normal(size=(5, 2))
    with pytest.raises(ValueError, match="k: got 0"):
        prdc(rows, rows, k=0)
    with pytest.raises(ValueError, match="got 5 rows, expected at least 6"):
        prdc(rows, rows, k=5)


def test_memory_does_not_grow_with_pairs():
    """Kills: whole distance matrices: 4000 x 4000 in float64 is 128 MB."""
    rows = np.random.default_rng(0).normal(size=(4000, 4)).astype(np.float32)
    tracemalloc.start()
    prdc(rows, rows[::-1] + 0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
