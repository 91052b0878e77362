"""Waves as features: log-mel levels, their spectrum, and the pictures that the classifier reads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.data import folder, naming, prepare
from genbench.data.dataset import Part, Raw
from genbench.errors import UsageError
from genbench.features import artefact, classifier, default_features, extractor, logmel, spectrum
from genbench.features.logmel import BANDS, FRAME, HOP, RATE, filters, frames, hertz, levels, mel
from genbench.features.train import accuracy, train

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.record import Prepared

TIME = np.arange(4096) / RATE


def noise(*shape: int, seed: int = 0, size: float = 0.1) -> np.ndarray:
    return (size * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def naive(wave: np.ndarray) -> np.ndarray:
    """Return levels [40, frames] by sums over sines, frequency by frequency, as the page that defines them says."""
    edges = [700 * (10 ** (step * 2595 * np.log10(1 + 4000 / 700) / 41 / 2595) - 1) for step in range(42)]
    padded = np.concatenate([np.zeros(128), wave.astype(float), np.zeros(1000)])
    times = np.arange(256)
    hann = np.sin(np.pi * times / 256) ** 2
    columns = []
    for start in range(0, 128 + len(wave), 128):
        cut = padded[start : start + 256] * hann
        band = np.zeros(40)
        for k in range(129):
            real, imaginary = ((cut * f(2 * np.pi * k * times / 256)).sum() for f in (np.cos, np.sin))
            power = 4 * (real**2 + imaginary**2) / hann.sum() ** 2
            for b in range(40):
                band[b] += power * np.interp(k * 31.25, edges[b : b + 3], [0, 1, 0])
        columns.append([min(max(1 + 10 * np.log10(max(power, 1e-30)) / 80, 0), 1) for power in band])
    return np.array(columns).T


@pytest.fixture
def make_waves(tmp_path: Path):
    """Build low and high tones in noise, labelled 0 and 1."""

    def make(*, name: str = "tones", labelled: bool = True, channels: int = 1) -> Prepared:
        generator = np.random.default_rng(0)

        def part(count: int) -> Part:
            labels = generator.integers(0, 2, count)
            pitch = 300.0 + 900 * labels + generator.uniform(-100, 100, count)
            tones = 0.3 * np.sin(2 * np.pi * pitch[:, None, None] * np.arange(1000) / RATE)
            rows = np.repeat(tones, channels, axis=1) + generator.normal(0, 0.01, (count, channels, 1000))
            return Part(rows=rows.astype(np.float32), labels=labels if labelled else None)

        classes = 2 if labelled else None
        raw = Raw(kind="wave", train=part(150), validation=part(40), held_out=part(60), classes=classes)
        return folder.write(naming.refer(name, naming.stored(raw)), naming.stored(raw), tmp_path / "data")

    return make


def test_a_mel_is_o_shaughnessys():
    """Kills: 2595 with a natural logarithm, Slaney's scale."""
    np.testing.assert_allclose(mel(np.array([0.0, 700.0, 1000.0])), [0, 781.1728, 999.9856], rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 4000))
def test_hertz_undoes_mel(frequency: float):
    assert hertz(mel(np.array(frequency))) == pytest.approx(frequency, abs=1e-9)


def test_neighbouring_triangles_share_every_frequency_out():
    """Kills: triangles of equal area, edges even in Hz, a band that no frequency falls into."""
    weights, frequencies = filters(), np.arange(129) * 31.25
    centres = hertz(np.linspace(0, mel(np.array(4000.0)), BANDS + 2))[1:-1]
    between = (frequencies >= centres[0]) & (frequencies <= centres[-1])
    np.testing.assert_allclose(weights.sum(axis=0)[between], 1)
    assert (weights.sum(axis=1) > 1).all()
    assert not weights[:, [0, -1]].any()


@pytest.mark.parametrize("samples", [1, 100, 256, 700])
def test_levels_are_those_of_a_second_implementation(samples: int):
    """Kills: a symmetric window, power in place of amplitude, frames that begin elsewhere, axes exchanged."""
    rows = noise(2, 1, samples)
    rows[1] *= 0.001
    expected = np.stack([naive(wave[0]) for wave in rows])[:, None]
    got = levels(rows)
    assert got.shape == (2, 1, 40, frames(samples))
    np.testing.assert_allclose(got, expected, atol=1e-10)
    assert 0 < got.mean() < 1


@pytest.mark.parametrize("bin_", [8, 40, 100])
@pytest.mark.parametrize("amplitude", [1.0, 0.01])
def test_a_sine_has_the_level_of_its_amplitude(bin_: int, amplitude: float):
    """Kills: levels against the loudest frame, a window that is not divided out, natural logarithms."""
    rows = (amplitude * np.sin(2 * np.pi * bin_ * RATE / FRAME * TIME))[None, None]
    weights = filters()
    power = amplitude**2 * (weights[:, bin_] + (weights[:, bin_ - 1] + weights[:, bin_ + 1]) / 4)
    expected = np.clip(1 + np.log10(np.maximum(power, 1e-12)) / 8, 0, 1)
    middle = levels(rows)[0, 0, :, 5:-5]
    np.testing.assert_allclose(middle, np.repeat(expected[:, None], middle.shape[1], axis=1), atol=1e-6)


def test_a_wave_half_as_large_lies_six_decibels_lower():
    """Kills: squares left out or taken twice."""
    rows = noise(3, 1, 4096)
    np.testing.assert_allclose(levels(rows) - levels(rows / 2), 20 * np.log10(2) / 80, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(samples=st.integers(1, 600), data=st.data())
def test_every_sample_is_heard_at_full_weight(samples: int, data: st.DataObject):
    """Kills: a last stretch that fills no frame and is dropped; a first sample under the window's zero."""
    place = data.draw(st.integers(0, samples - 1))
    rows = np.zeros((1, 1, samples), np.float32)
    rows[0, 0, place] = 1
    heard = (10 ** (8 * (levels(rows)[0, 0] - 1))).max(axis=0)  # power of the loudest band in each frame
    whole = np.sqrt(heard[heard > 1e-7]).sum() / np.sqrt(filters().sum(axis=1).max()) * FRAME / 4
    assert whole == pytest.approx(1, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9), st.integers(0, 99))
def test_levels_know_no_sign_and_move_with_the_wave(shift: int, seed: int):
    rows = np.zeros((1, 1, 2048), np.float32)
    rows[:, :, :700] = noise(1, 1, 700, seed=seed)
    plain = levels(rows)
    np.testing.assert_array_equal(levels(-rows), plain)
    moved = levels(np.roll(rows, shift * HOP, axis=2))
    np.testing.assert_allclose(moved, np.roll(plain, shift, axis=3), atol=1e-12)


def test_a_row_has_the_same_levels_in_any_company():
    """Kills: batches that overlap or leave out the last, levels against the loudest of all rows."""
    rows = noise(600, 1, 200)
    rows[300] *= 9
    assert logmel.BATCH < 300
    for index in (0, 255, 256, 300, 599):
        np.testing.assert_array_equal(levels(rows)[index], levels(rows[index : index + 1])[0])
        np.testing.assert_array_equal(logmel.images(rows)[index], logmel.images(rows[index : index + 1])[0])


def test_pictures_are_levels_in_bytes():
    """Kills: rounding down, 256 steps, silence that is not black."""
    rows = np.concatenate([noise(1, 2, 900), np.zeros((1, 2, 900), np.float32)])
    pictures = logmel.images(rows)
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures, np.round(255 * levels(rows)))
    assert not pictures[1].any()


def test_a_spectrum_is_mean_and_deviation_of_each_channels_bands(make_waves):
    """Kills: channels averaged, an n - 1, axes exchanged."""
    data = make_waves(channels=2)
    extractor = spectrum.extractor(data.ref)
    rows = data.rows("held_out")
    features = extractor(rows)
    assert (features.dtype, features.shape, extractor.dimension) == (np.float64, (60, 160), 160)
    for channel in (0, 1):
        alone = levels(rows)[7, channel]
        expected = [*(alone.sum(1) / alone.shape[1]), *np.sqrt((alone**2).mean(1) - alone.mean(1) ** 2)]
        np.testing.assert_allclose(features[7, 80 * channel : 80 * (channel + 1)], expected, atol=1e-7)


def test_a_spectrum_is_blind_to_the_order_of_frames(make_waves):
    """It says so in its docstring; the classifier is there to see it."""
    extractor = spectrum.extractor(make_waves().ref)
    rows = np.zeros((1, 1, 1024), np.float32)
    rows[0, 0, :256], rows[0, 0, 512:768] = noise(256), noise(256, seed=1, size=0.01)
    np.testing.assert_allclose(extractor(rows), extractor(np.roll(rows, 512, axis=2)), atol=1e-12)


def test_an_untrained_network_hears_the_order_of_frames(make_waves):
    """Kills: unlabelled sound judged by nothing that tells it from itself backwards; one hash for two pictures."""
    data = make_waves(labelled=False)
    assert default_features(data.ref) == ("random", "spectrum")
    assert default_features(make_waves(name="labelled").ref) == ("spectrum", "classifier")
    rows = np.zeros((3, 1, 1024), np.float32)
    rows[:2, 0] = noise(1024) * np.linspace(0, 1, 1024)
    rows[1] = rows[0, :, ::-1]
    heard, averaged = (extractor(name, data.ref)(rows) for name in ("random", "spectrum"))
    near, far = (np.linalg.norm(averaged[0] - averaged[other]) for other in (1, 2))
    assert near < 0.05 * far
    assert np.linalg.norm(heard[0] - heard[1]) > 0.05 * np.linalg.norm(heard[0] - heard[2])
    picture = data.ref.model_copy(update={"kind": "image"})
    assert extractor("random", data.ref).hash != extractor("random", picture).hash


def test_the_spectrums_hash_names_the_levels(make_waves):
    """Kills: a recipe that changes without its number's identity."""
    assert spectrum.extractor(make_waves().ref).hash.startswith("eb849710ee3b1d42")
    for number in ("256", "128", "40", "80 dB", "2595"):
        assert number in logmel.RECIPE


def test_other_kinds_are_refused(make_points, make_images):
    with pytest.raises(UsageError, match="got points data 'cloud', expected waves"):
        spectrum.extractor(make_points().ref)
    with pytest.raises(UsageError, match="got image data"):
        spectrum.check(make_images().ref)


def test_the_classifier_learns_from_sound(make_waves, tmp_path):
    """Kills: samples cast to bytes as if they were grey values; labels of other rows."""
    data = make_waves()
    with mock.patch("genbench.features.train.train", lambda data: train(data, steps=40)):
        path = classifier.ensure_classifier(data, tmp_path)
    weights = artefact.read(path)
    assert weights.card["accuracy"] > 0.95
    extractor = classifier.extractor(data.ref, tmp_path)
    features = extractor(data.rows("held_out"))
    assert features.shape == (60, 64)
    assert 0.3 < features.var(axis=0).mean() < 3
    assert extractor.hash != weights.hash
    with mock.patch("genbench.features.logmel.RECIPE", "another picture"):
        assert classifier.extractor(data.ref, tmp_path).hash != extractor.hash


def test_unlabelled_sound_is_sent_to_the_spectrum(make_waves):
    with pytest.raises(
        UsageError, match=r"with no labels, expected labelled images or waves .* use --features spectrum"
    ):
        classifier.check(make_waves(labelled=False).ref)


@pytest.mark.data
def test_spoken_digits_reach_the_accuracy_that_their_weights_state(data_root: Path, tmp_path: Path):
    """Kills: weights transposed, levels computed in another way than in training."""
    data = prepare("spoken_digits", data_root=data_root, cache=tmp_path)
    extractor = classifier.extractor(data.ref, None)
    assert extractor.weights.card["data_hash"] == data.ref.hash
    pictures = classifier.as_images("wave", data.rows("held_out"))
    reached = accuracy(extractor.weights.arrays, pictures, data.labels("held_out"))
    assert reached == pytest.approx(extractor.weights.card["accuracy"], abs=0.0034)
    features = extractor(data.rows("held_out"))
    assert (features.std(axis=0) > 0.03).all()
    assert 0.8 < features.var(axis=0).mean() < 1.25
