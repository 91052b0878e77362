from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.inception_score import inception_score


def _slow(logits):
    shares = [[math.exp(z) / sum(map(math.exp, row)) for z in row] for row in logits.tolist()]
    marginal = [sum(column) / len(shares) for column in zip(*shares, strict=True)]
    kl = [sum(p * math.log(p / q) for p, q in zip(row, marginal, strict=True)) for row in shares]
    return math.exp(sum(kl) / len(kl))


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist_real", "cifar_real"])
def test_reference_vectors(data_root, name):
    """Kills: logarithms to base 2, the divergence turned round, float32 sums."""
    vectors = np.load(data_root / "metrics/metric_vectors.npz")
    expected = json.loads((data_root / "metrics/metric_reference.json").read_text())["inception_score"][name]
    assert inception_score(vectors[f"logits_{name}"]).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("classes", [1, 4, 10])
def test_certain_and_even_is_the_number_of_classes(classes):
    """Kills: 0 log 0, exp of large logits, a marginal summed instead of averaged."""
    assert inception_score(np.repeat(1e5 * np.eye(10)[:classes], 7, axis=0)).value == pytest.approx(classes)
    assert inception_score(np.zeros((7, 10)) + classes).value == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 30))
def test_agrees_with_a_slow_implementation_and_is_invariant(seed, classes, n):
    """Kills: softmax over rows; a constant added to a row's logits changes nothing."""
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=(n, classes))
    expected = pytest.approx(_slow(logits), rel=1e-9)
    assert inception_score(logits).value == expected
    assert inception_score(rng.permutation(logits + 100 * rng.normal(size=(n, 1)))[:, ::-1]).value == expected
    assert inception_score(torch.tensor(logits)).value == expected
    assert inception_score(np.hstack([logits, np.full((n, 1), -1e6)])).value == expected


def test_grows_with_certainty():
    """Kills: entropy for information."""
    logits = np.random.default_rng(0).normal(size=(50, 5))
    values = [inception_score(logits * scale).value for scale in (0, 0.5, 1, 2, 9)]
    assert values == sorted(values)


@pytest.mark.parametrize("splits", [1, 3, 6, 10])
def test_splits_are_averaged(splits):
    """Kills: one split too few at 10 rows in 6, splits of shuffled rows, the mean inside of the exponential."""
    logits = 3 * np.random.default_rng(0).normal(size=(10, 4))
    expected = np.mean([_slow(part) for part in np.array_split(logits, splits)])
    assert inception_score(logits, splits).value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("splits", [0, 11])
def test_refuses_splits_without_rows(splits):
    """Kills: a mean of nothing."""
    with pytest.raises(ValueError, match=f"splits: got {splits}, expected 1 to the 10 rows"):
        inception_score(np.zeros((10, 4)), splits)


@pytest.mark.filterwarnings("ignore::UserWarning:torchmetrics")
def test_agrees_with_torchmetrics():
    """Kills: agreement of our own two alone."""
    from torchmetrics.image.inception import InceptionScore

    class Logits(torch.nn.Module):
        def forward(self, images):
            return images.flatten(1).to(torch.float64) / 50

    images = torch.randint(0, 255, (40, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    theirs = InceptionScore(feature=Logits(), splits=1)
    theirs.update(images)
    expected = float(theirs.compute()[0])
    assert inception_score(images.flatten(1).to(torch.float64) / 50).value == pytest.approx(expected, rel=1e-6)
