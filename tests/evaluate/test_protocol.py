"""The papers' convention beside ours: its own space, all train rows, its own identity."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genbench.errors import UsageError
from genbench.evaluate import judge
from genbench.features import extractor
from genbench.features.inception_layout import shapes
from genbench.messages import Places, Prepare, Ready
from genbench.metrics.frechet import fd
from genbench.plan import sample_counts
from genbench.preparation import prepare_data

WIDTH = 2  # channels of the first layer, where the published network has 32


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Where a stand-in for the published weights lies: their names, fewer channels, random values."""
    folder = tmp_path_factory.mktemp("inception")
    generator = torch.Generator().manual_seed(0)
    state = {
        name: torch.rand(shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:] or (2,)))
        for name, shape in shapes(WIDTH).items()
    }
    torch.save(state, folder / "weights.pth")
    return Places(cache=folder / "cache", weights={"inception_tf": folder / "weights.pth"})


def test_a_trial_draws_fifty_thousand_besides(make_trial):
    """Kills: fewer fakes where the train split is smaller, which no paper does."""
    plain, papers = make_trial(), make_trial(protocol="fid50k-train")
    assert sample_counts(plain) == {"held_out": 500, "validation": 300}
    assert sample_counts(papers) == {"held_out": 500, "validation": 300, "train": 50_000}
    assert plain.id != papers.id


def test_samples_meet_all_train_rows_in_the_protocols_space_alone(digits, sample_file, places):
    """Kills: held-out rows as the reference, the antialiased space, equal numbers of rows, other measures."""
    fake = digits.rows("validation")[:120]
    train = digits.model_copy(
        update={"ref": digits.ref.model_copy(update={"counts": digits.ref.counts | {"train": 80}})}
    )
    (measure,) = judge(places, train, ("pixels",), (sample_file(fake, split="train"),))
    identity = measure.identity
    assert (identity.metric, identity.split, identity.n, identity.n_real) == ("fd", "train", 120, 80)
    space = extractor("inception_tf", digits.ref, weights=places.weights["inception_tf"])
    assert (identity.features, identity.features_hash) == ("inception_tf", space.hash)
    assert measure.value == pytest.approx(fd(space(np.array(digits.rows("train")[:80])), space(fake)).value)
    assert any(warning.startswith("unverified") for warning in measure.warnings)


def test_data_that_the_network_cannot_see_are_refused_before_anything_runs(places, tmp_path):
    """Kills: hours of training that end in FAILED(judge)."""
    asked = Prepare(
        name="ring8", features=None, data_root=None, cache=tmp_path, weights=dict(places.weights),
        protocol="fid50k-train",
    )  # fmt: skip
    with pytest.raises(UsageError, match="points"):
        prepare_data(asked.model_dump_json(), [0, 0])
    whole = prepare_data(asked.model_copy(update={"protocol": None}).model_dump_json(), [0, 0])
    assert Ready.model_validate_json(whole).features == ("coordinates",)
