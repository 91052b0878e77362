from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import peers
from genbench.metrics.manifold import ball_radii, prdc


def _values(*arguments, **options):
    return {name: score.value for name, score in prdc(*arguments, **options).items()}


def _peer(name, *arguments):
    """Call one of the benchmarks' adapters of other packages."""
    try:
        return getattr(peers, name)(*arguments)
    except ImportError as reason:
        pytest.skip(f"the peer is not installed: {reason}")


def _clouds(kind, width, dtype, rng):
    """Two sides whose comparisons float32 leaves open in one way or another."""
    plain = [rng.normal(size=(n, width)) for n in (700, 600)]
    centres = rng.normal(size=(5, width))
    sides = {
        "plain": plain,
        "tight": [centres[rng.integers(0, 5, len(rows))] + 1e-3 * rows for rows in plain],
        "collapse": [plain[0], centres[:1] + 1e-3 * plain[1]],
        "wide": [plain[0], 5 * plain[1]],
        "narrow": [plain[0], 0.1 * plain[1]],
        "copies": [plain[0], plain[0][:600]],
        "binary": [(rows > 1).astype(float) for rows in plain],
        "outlier": [np.where(np.arange(len(rows))[:, None] == 0, 1e4, rows) for rows in plain],
    }
    return [side.astype(dtype) for side in sides[kind]]


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


KINDS = ("plain", "tight", "collapse", "wide", "narrow", "copies", "binary", "outlier")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "dtype"), [(3, np.float32), (64, np.float32), (64, np.float64), (300, np.float32)])
def test_agrees_with_the_published_package(kind, width, dtype):
    """Kills: any comparison that float32 decides wrongly, counts within a tile of which float64 decides some."""
    real, fake = _clouds(kind, width, dtype, np.random.default_rng(width))
    expected = _peer("prdc", real.astype(np.float64), fake.astype(np.float64), 5)
    assert _values(real, fake, k=5) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_give_the_same_counts(kind):
    """Kills: a function that one library lacks, or takes otherwise."""
    real, fake = _clouds(kind, 48, np.float32, np.random.default_rng(0))
    assert _values(torch.from_numpy(real), torch.from_numpy(fake), k=3) == _values(real, fake, k=3)


@pytest.mark.gpu
def test_a_device_gives_the_same_counts():
    """Kills: an array left on the host."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    for kind in KINDS:
        real, fake = _clouds(kind, 48, np.float32, np.random.default_rng(0))
        found = _values(*(torch.from_numpy(rows).cuda() for rows in (real, fake)), k=3)
        assert found == pytest.approx(_values(real, fake, k=3), abs=1e-3 if kind == "copies" else 0), kind


def test_agrees_with_torch_fidelity_whose_first_argument_is_the_samples():
    """Kills: precision and recall swapped (B11), on samples of lower spread: high precision, low recall."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(600, 32)), 0.7 * rng.normal(size=(500, 32))
    precision, recall = _peer("precision_recall", real, fake, 4)
    found = _values(real, fake, k=4)
    assert (found["precision"], found["recall"]) == pytest.approx((precision, recall), abs=1e-6)
    assert precision > 0.9 > 0.1 > recall


def test_radii_of_a_reference_serve_many_samples():
    """Kills: radii that are not squared, of another k, of the fake side, or recomputed."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(300, 30)), 0.9 * rng.normal(size=(200, 30))
    radii = ball_radii(real, k=3)
    assert _values(real, fake, k=3, real_radii=radii) == _values(real, fake, k=3)
    assert _values(real, fake, k=3, real_radii=2 * radii)["density"] > _values(real, fake, k=3)["density"]
    with pytest.raises(ValueError, match=r"real_radii: got shape \(200,\), expected \(300,\)"):
        prdc(real, fake, k=3, real_radii=radii[:200])
    with pytest.raises(ValueError, match="k: got 0"):
        ball_radii(real, k=0)


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


@pytest.mark.parametrize("width", [4, 64])
def test_memory_does_not_grow_with_pairs(width):
    """Kills: whole distance matrices: 4000 x 4000 in float64 is 128 MB."""
    rows = np.random.default_rng(0).normal(size=(4000, width)).astype(np.float32)
    tracemalloc.start()
    prdc(rows, rows[::-1] + 0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
