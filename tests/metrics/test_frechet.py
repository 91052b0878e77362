from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.frechet import fd


def _exactly(rng, n, mean, covariance):
    """Rows whose sample mean and covariance (n - 1) are exactly those given."""
    noise = rng.normal(size=(n, len(mean)))
    noise -= noise.mean(axis=0)
    whitened = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T))).T
    values, vectors = np.linalg.eigh(covariance)
    return whitened @ (vectors * np.sqrt(np.clip(values, 0, None))).T + mean


def _slow(real, fake):
    """Root of S1 by eigh, then of S1^(1/2) S2 S1^(1/2) by eigh."""
    first, second = np.cov(real.T), np.cov(fake.T)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ second @ root), 0, None)).sum()
    return ((real.mean(0) - fake.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * cross


CLOSED_FORMS = {
    "unit against shifted diagonal": ([0, 0], np.eye(2), [1, 2], np.diag([4.0, 1]), 6.0),
    "equal": ([1, 2], np.diag([3.0, 5]), [1, 2], np.diag([3.0, 5]), 0.0),
    "commuting": ([0, 0], [[2.0, 1], [1, 2]], [0, 0], [[5.0, 4], [4, 5]], (3 - 3**0.5) ** 2),
    "rank 1 in both, orthogonal": ([0, 0], np.diag([4.0, 0]), [0, 0], np.diag([0.0, 9]), 13.0),
    "rank 1 in both, at 60 degrees": (
        [0, 0],
        [[1.0, 0], [0, 0]],
        [0, 0],
        [[0.25, 0.75**0.5 / 2], [0.75**0.5 / 2, 0.75]],
        1.0,
    ),
    "rank 1 against full": ([0, 0], np.diag([4.0, 0]), [0, 0], np.diag([1.0, 9]), 1.0 + 9),
}


@pytest.mark.parametrize("case", CLOSED_FORMS.values(), ids=CLOSED_FORMS)
def test_closed_forms(case):
    """Kills: covariance over n, a factor of 1 for 2 on the cross term, standard deviations for variances (B3)."""
    mean, covariance, other_mean, other, expected = case
    rng = np.random.default_rng(0)
    real, fake = _exactly(rng, 50, mean, np.array(covariance)), _exactly(rng, 80, other_mean, np.array(other))
    assert fd(real, fake).value == pytest.approx(expected, abs=1e-7)
    assert fd(fake, real).value == pytest.approx(expected, abs=1e-7)


def test_golden_constant_blocks(shared):
    """Kills: covariance over n (88.2), the published unit test of another implementation."""
    (case,) = [
        each
        for each in json.loads((shared / "goldens/first.json").read_text())["cases"]
        if each["name"] == "constant_blocks"
    ]
    real, fake = np.ones((100, 2)), 9 * np.ones((100, 2))
    real[:50, 0], fake[50:, 0] = 2, 2
    assert fd(real, fake).value == pytest.approx(case["fd"], rel=1e-12)


@pytest.mark.data
@pytest.mark.parametrize(
    ("first", "second", "relative"),
    [
        ("mnist_real", "mnist_real2", 1e-5),
        ("mnist_real", "mnist_collapse012", 1e-5),
        ("cifar_real", "cifar_real2", 1e-8),
    ],
)
def test_reference_vectors(data_root, first, second, relative):
    """Kills: roots of rounding noise counted where features never fire (a singular covariance)."""
    vectors = np.load(data_root / "metrics/metric_vectors.npz")
    expected = json.loads((data_root / "metrics/metric_reference.json").read_text())["pairs"][f"{first}|{second}"][
        "frechet"
    ]
    score = fd(vectors[f"feat_{first}"], vectors[f"feat_{second}"])
    assert score.value == pytest.approx(expected, rel=relative)
    assert score.warnings == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(12, 40))
def test_agrees_with_a_slow_implementation_and_is_invariant(seed, width, n):
    """Kills: L S2 L^T for L^T S2 L, a mean taken over the wrong axis, rows weighted by their order."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)) @ rng.normal(size=(width, width)), 2 * rng.normal(size=(n + 5, width)) + 1
    expected = pytest.approx(_slow(real, fake), rel=1e-7, abs=1e-7)
    rotation = np.linalg.qr(rng.normal(size=(width, width)))[0]
    assert fd(real, fake).value == expected
    assert fd(fake, real).value == expected
    assert fd(rng.permutation(real), rng.permutation(fake)).value == expected
    assert fd(real @ rotation + 3, fake @ rotation + 3).value == expected
    assert fd(2 * real, 2 * fake).value == pytest.approx(4 * _slow(real, fake), rel=1e-7, abs=1e-7)


@pytest.mark.filterwarnings("ignore::UserWarning:torchmetrics")
def test_agrees_with_torchmetrics():
    """Kills: covariances over n; the cross term of S1 S1 for S1 S2."""
    torch = pytest.importorskip("torch")
    from torchmetrics.image.fid import _compute_fid

    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(300, 12)), rng.normal(size=(200, 12)) @ rng.normal(size=(12, 12)) + 1
    sides = [torch.from_numpy(each) for rows in (real, fake) for each in (rows.mean(0), np.cov(rows.T))]
    assert fd(real, fake).value == pytest.approx(float(_compute_fid(*sides)), rel=1e-6)


def test_chunks_make_no_difference(monkeypatch):
    """Kills: the last chunk left out of the covariance or of the factor."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(100, 5)), rng.normal(size=(90, 5)) + 1
    singular = np.hstack([real, np.zeros((100, 1))]), np.hstack([fake, np.zeros((90, 1))])
    whole = fd(real, fake).value
    monkeypatch.setattr("genbench.metrics.frechet.CHUNK", 7)
    assert fd(real, fake).value == pytest.approx(whole, rel=1e-12)
    assert fd(*singular).value == pytest.approx(whole, rel=1e-12)


def test_bias_falls_as_published():
    """Kills: statistics of every other row; B1: N(0, I64) twice, 34.6 at 64 rows, 4.26 at 512, 0.27 at 8192."""
    rng = np.random.default_rng(0)
    values = {n: fd(rng.normal(size=(n, 64)), rng.normal(size=(n, 64))).value for n in (64, 512, 1024, 8192)}
    for n, expected in {64: 34.6, 512: 4.26, 1024: 2.19, 8192: 0.27}.items():
        assert values[n] == pytest.approx(expected, rel=0.1)


def test_fewer_rows_than_dimensions_is_real_finite_and_marked():
    """Kills: a singular factor taken for a zero or a failure (B2: 48 rows in 64 dimensions), and silence about it."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(48, 64)), rng.normal(size=(48, 64)) + 0.5
    score = fd(real, fake)
    assert score.value == pytest.approx(_slow(real, fake), rel=1e-5)
    assert "48 rows in 64 dimensions" in score.warnings[0]
    assert fd(real, real).value == pytest.approx(0, abs=1e-9)


def test_statistics_are_in_float64():
    """Kills: a float32 mean, which B5 saw 0.083 off over 200,000 rows at offset 100, and the distance by its square."""
    real = (100.1 + 0.1 * np.random.default_rng(0).normal(size=(200_000, 4))).astype(np.float32)
    assert np.abs(real.mean(axis=0) - real.mean(axis=0, dtype=np.float64)).max() > 0.05  # float32 is that bad
    assert fd(real, real.astype(np.float64)).value == pytest.approx(0, abs=1e-9)


def test_clipped_negative_mass_is_reported(monkeypatch):
    """Kills: silent repair of a distance that went negative (B4)."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 3))
    monkeypatch.setattr("genbench.metrics.frechet._root_trace", lambda *_: 4.0)
    score = fd(rows, rows)
    assert score.value == 0
    assert "negative mass" in score.warnings[0]
