"""How the classifier is trained."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import torch

from genbench.features import network
from genbench.features.train import accuracy, train


def test_it_learns_and_says_how_well(make_images):
    """Planted bug: labels that do not belong to the drawn rows."""
    data = make_images()
    artefact = train(data, steps=40)
    assert artefact.card["accuracy"] > 0.9
    measured = accuracy(artefact.arrays, data.rows("held_out"), data.labels("held_out"))
    assert artefact.card["accuracy"] == measured
    assert (artefact.card["data_hash"], artefact.card["rows"]) == (data.ref.hash, 200)


def test_it_repeats_itself_and_leaves_the_process_as_it_was(make_images):
    """Planted bug: a draw from torch's global generator."""
    data = make_images()
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    first = train(data, steps=5)
    torch.manual_seed(99)
    second = train(data, steps=5)
    assert first.hash == second.hash
    assert torch.get_num_threads() == threads
    torch.set_rng_state(state)


def test_only_train_rows_decide_the_weights(make_images):
    """Planted bug: validation or held-out rows, or their labels, in training."""
    data = make_images()
    first = train(data, steps=5)
    for split in ("validation", "held_out"):
        np.save(data.folder / split / "rows.npy", np.zeros_like(data.rows(split)))
        np.save(data.folder / split / "labels.npy", 1 - data.labels(split))
    assert train(data, steps=5).hash == first.hash


def test_features_have_unit_variance_and_the_logits_do_not_notice(make_images):
    """Planted bug: the features scaled, but not the last layer that reads them."""
    data = make_images()
    scaled = train(data, steps=20)
    with mock.patch("genbench.features.train._to_unit_variance", lambda weights, images: weights):
        plain = train(data, steps=20)
    features = network.extract(scaled.arrays, data.rows("train"))
    assert features.var(axis=0).mean() == pytest.approx(1, rel=0.01)
    assert network.extract(plain.arrays, data.rows("train")).var(axis=0).mean() != pytest.approx(1, rel=0.05)
    rows = torch.from_numpy(np.array(data.rows("train")))
    first, second = (network.logits(network.tensors(each.arrays), rows) for each in (scaled, plain))
    torch.testing.assert_close(first, second, rtol=0.02, atol=0.02)
