"""The learnt feature space."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest

from genbench.data import prepare
from genbench.errors import ResultsError, UsageError
from genbench.features import artefact, classifier, ensure_classifier
from genbench.features.train import accuracy, train

COMMITTED = sorted(set(classifier.COMMITTED.values()))
LARGEST = 300_000  # bytes
LEAST = {
    "digits": 0.95,
    "mnist": 0.985,
    "mnist_binary": 0.975,
    "fashion_mnist": 0.88,
    "cifar10": 0.58,
    "spoken_digits": 0.95,
}

PROBE = """
import json, resource, sys
import numpy as np
import torch
from genbench.features import extractor
from genbench.refs import DataRef
torch.set_num_threads(int(sys.argv[1]))
data = DataRef.model_validate_json(sys.argv[2])
made = extractor("classifier", data)
rows = np.random.default_rng(0).integers(0, 256, (3000, *data.shape), dtype=np.uint8)
made(rows[:256])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
np.save(sys.argv[3], made(rows))
rise = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"hash": made.hash, "rise": rise / 1024, "capability": torch.backends.cpu.get_cpu_capability()}))
"""


def held_out_accuracy(data) -> float:
    weights = artefact.read(ensure_classifier(data, data.folder))
    return accuracy(weights.arrays, data.rows("held_out"), data.labels("held_out"))


@pytest.mark.parametrize("name", COMMITTED)
def test_committed_weights_are_small_and_say_where_they_come_from(name):
    path = classifier.WEIGHTS / f"{name}.npz"
    weights = artefact.read(path)
    assert path.stat().st_size < LARGEST
    assert weights.card["data"] == name
    assert weights.card["accuracy"] > LEAST[name]
    assert weights.dimension == 64


def test_nothing_lies_among_the_weights_but_weights():
    assert sorted(path.name for path in classifier.WEIGHTS.iterdir()) == [f"{name}.npz" for name in COMMITTED]


def test_digits_reach_the_accuracy_that_their_weights_state(digits):
    """Planted bug: weights transposed, or images scaled in another way than in training."""
    weights = artefact.read(ensure_classifier(digits, digits.folder))
    assert weights.card["data_hash"] == digits.ref.hash
    assert held_out_accuracy(digits) == pytest.approx(weights.card["accuracy"], abs=0.002)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_known_sets_reach_the_accuracy_that_their_weights_state(name, data_root, tmp_path):
    """Planted bug: as for digits, and weights of one data set under another's name."""
    data = prepare(name, data_root=data_root, cache=tmp_path)
    weights = artefact.read(ensure_classifier(data, data.folder))
    assert weights.card["data_hash"] == data.ref.hash
    assert held_out_accuracy(data) == pytest.approx(weights.card["accuracy"], abs=0.0005)


@pytest.mark.data
@pytest.mark.slow
def test_the_network_for_grey_mnist_reads_black_and_white_as_well(data_root, tmp_path):
    """Planted bug: a space that does not tell black and white digits apart."""
    assert held_out_accuracy(prepare("mnist_binary", data_root=data_root, cache=tmp_path)) > LEAST["mnist_binary"]


def test_features_of_digits_are_alive_and_of_unit_size(digits):
    features = classifier.extractor(digits.ref, None)(digits.rows("held_out"))
    assert (features.std(axis=0) > 0.03).all()
    assert 0.8 < features.var(axis=0).mean() < 1.25


@pytest.mark.slow
def test_threads_and_processor_change_no_identity_and_no_value_beyond_rounding(digits, tmp_path):
    """Planted bug: a hash that takes in the machine; a stored batch that holds on to every feature map of a call."""

    def probe(threads: int, **environment: str) -> tuple[dict[str, object], np.ndarray]:
        path = tmp_path / f"{threads}-{len(environment)}.npy"
        command = [sys.executable, "-c", PROBE, str(threads), digits.ref.model_dump_json(), str(path)]
        done = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout), np.load(path)

    said, values = probe(1)
    for other, same in (probe(2), probe(1, ATEN_CPU_CAPABILITY="default")):
        assert other["hash"] == said["hash"]
        np.testing.assert_allclose(same, values, atol=1e-5)
    assert other["capability"] == "DEFAULT"
    assert float(str(said["rise"])) < 50, "3,000 rows need one batch at a time, in MiB"


def test_listing_and_loading_import_no_torch(digits):
    code = (
        "import sys; from genbench.features import extractor; from genbench.record import DataRef;"
        "extractor('classifier', DataRef.model_validate_json(sys.argv[1])); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, digits.ref.model_dump_json()], check=True)


def test_a_known_set_is_never_trained(digits, tmp_path):
    """Planted bug: missing weights of a known set made anew, other ones, in the installed package."""
    with mock.patch("genbench.features.train.train", side_effect=AssertionError):
        path = ensure_classifier(digits, tmp_path)
        assert path == classifier.WEIGHTS / "digits.npz"
        with mock.patch("genbench.features.classifier.WEIGHTS", tmp_path), pytest.raises(ResultsError):
            ensure_classifier(digits, tmp_path)
    assert not any(tmp_path.iterdir())


def test_other_data_is_trained_on_once(make_images, tmp_path):
    """Planted bug: weights trained anew where a reader asks for them."""
    data, run = make_images(), tmp_path / "run"
    with mock.patch("genbench.features.train.train", lambda data: train(data, steps=5)):
        path = ensure_classifier(data, run)
    first = path.read_bytes()
    with mock.patch("genbench.features.train.train", side_effect=AssertionError):
        assert ensure_classifier(data, run) == path
    assert path.read_bytes() == first
    made = classifier.extractor(data.ref, run)
    assert made.hash == artefact.read(path).hash
    assert made(data.rows("held_out")).shape == (80, 64)


def test_weights_that_are_missing_or_damaged_are_told_and_not_trained(make_images, tmp_path):
    data = make_images()
    with pytest.raises(ResultsError, match="found no file"):
        classifier.extractor(data.ref, tmp_path)
    classifier._path(data.ref, tmp_path).write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ResultsError, match="never trained again"):
        ensure_classifier(data, tmp_path)


def test_without_labels_it_is_refused_with_a_way_out(make_images, make_points, tmp_path):
    data = make_images(labelled=False)
    with pytest.raises(UsageError, match=r"with no labels, expected labelled images .* use --features pixels"):
        ensure_classifier(data, tmp_path)
    with pytest.raises(UsageError, match="use --features pixels"):
        classifier.extractor(data.ref, None)
    with pytest.raises(UsageError, match="use --features coordinates"):
        classifier.check(make_points().ref)


def test_labels_of_one_class_teach_nothing(make_images):
    with pytest.raises(UsageError, match="with 1 classes"):
        classifier.check(make_images().ref.model_copy(update={"classes": 1}))


def test_other_data_needs_a_folder(make_images):
    with pytest.raises(UsageError, match="give the run's folder"):
        classifier.extractor(make_images().ref, None)
