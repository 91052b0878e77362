"""Which spaces a data set gets, and plugins through the door."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from genbench.errors import ContractError, HookError, InvalidOutput, PluginImportError, UnknownName, UsageError
from genbench.features import choose, default_features, extractor

MEAN = """
import numpy as np
from genbench.errors import UsageError

class Mean:
    name, hash, dimension = "inner", "abc", 1
    def __call__(self, rows):
        return rows.reshape(len(rows), -1).mean(axis=1, keepdims=True)

def check(data):
    if data.kind != "image":
        raise UsageError("mean: expected images")

def extractor(data):
    return Mean()
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    def make(code: str, *, name: str = "mean", distribution: str = "genbench_mean") -> None:
        metadata = tmp_path / distribution / f"{distribution}-0.2.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.2\n")
        (metadata / "entry_points.txt").write_text(f"[genbench.features]\n{name} = {name}_features\n")
        Path(tmp_path / distribution / f"{name}_features.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path / distribution))
        monkeypatch.delitem(sys.modules, f"{name}_features", raising=False)

    return make


def test_defaults_suit_the_data(make_images, make_points, digits):
    assert default_features(digits.ref) == ("pixels", "classifier")
    assert default_features(make_images(name="folder").ref) == ("pixels", "classifier")
    assert default_features(make_images(labelled=False).ref) == ("pixels",)
    assert default_features(make_images().ref.model_copy(update={"classes": 1})) == ("pixels",)
    assert default_features(make_points().ref) == ("coordinates",)


def test_choosing_keeps_the_order_and_checks_every_name(digits, make_points):
    assert choose(None, digits.ref) == ("pixels", "classifier")
    assert choose(("classifier", "pixels"), digits.ref) == ("classifier", "pixels")
    with pytest.raises(UnknownName, match="did you mean 'pixels'"):
        choose(("pixel",), digits.ref)
    with pytest.raises(UsageError, match="one or more different names"):
        choose(("pixels", "pixels"), digits.ref)
    with pytest.raises(UsageError, match="one or more different names"):
        choose((), digits.ref)
    with pytest.raises(UsageError, match="expected images"):
        choose(("coordinates", "pixels"), make_points().ref)


def test_choosing_trains_nothing(make_images):
    """The classifier of other data is checked before its weights exist."""
    assert choose(("classifier",), make_images().ref) == ("classifier",)


def test_a_third_partys_space_is_known_by_its_entry_point(install, digits, make_points):
    install(MEAN)
    made = extractor("mean", digits.ref)
    rows = digits.rows("held_out")
    assert (made.name, made.hash, made.dimension) == ("mean", "abc", 1)
    np.testing.assert_allclose(made(rows)[:, 0], rows.mean(axis=(1, 2, 3)))
    assert choose(("mean",), digits.ref) == ("mean",)
    with pytest.raises(UsageError, match="mean: expected images"):
        choose(("mean",), make_points().ref)


def test_it_takes_by_name_what_it_wants(install, digits, tmp_path):
    install(
        MEAN.replace("def extractor(data):", "def extractor(folder, data):\n    assert folder.is_dir() and data.name")
    )
    assert extractor("mean", digits.ref, tmp_path).hash == "abc"


GIVEN = MEAN.replace(
    "def check(data):", "def check(data, weights):\n    if weights is None:\n        raise UsageError('mean: no file')"
).replace(
    "def extractor(data):",
    "def extractor(weights, device, data):\n    assert (weights.name, device) == ('w.pth', 'cuda:1')",
)


def test_it_gets_the_users_file_and_the_device(install, digits, tmp_path):
    """Kills: a file that reaches the check and not the extractor, or the reverse; a device that is always the CPU."""
    install(GIVEN)
    path = tmp_path / "w.pth"
    assert choose(("mean",), digits.ref, {"mean": path}) == ("mean",)
    with pytest.raises(UsageError, match="mean: no file"):
        choose(("mean", "pixels"), digits.ref, {"pixels": path})
    assert extractor("mean", digits.ref, weights=path, device="cuda:1").hash == "abc"


def test_a_file_for_a_space_that_is_not_installed_is_refused(digits, tmp_path):
    """Kills: a misspelt name, whose file nobody reads."""
    with pytest.raises(UnknownName, match="did you mean 'pixels'"):
        choose(None, digits.ref, {"pixel": tmp_path / "w.pth"})


def test_class_scores_are_passed_on(install, digits):
    """Kills: a wrapper that hides them; a mistake in them without a name."""
    assert extractor("pixels", digits.ref).logits is None
    install(
        MEAN.replace(
            "\ndef check", "    def logits(self, rows):\n        return rows[:, 0, 0, :10 // len(rows)]\n\ndef check"
        )
    )
    made = extractor("mean", digits.ref)
    assert made.logits(digits.rows("held_out")[:2]).shape == (2, 5)
    with pytest.raises(HookError, match=r"genbench_mean 0.2 \[mean\] logits: ZeroDivisionError"):
        made.logits(digits.rows("held_out")[:0])


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("keepdims=True)", "keepdims=False)", InvalidOutput, r"got float64 \[500\], expected floats \[500, 1\]"),
        ("keepdims=True)", "keepdims=True).astype(int)", InvalidOutput, r"got int64 \[500, 1\]"),
        ("return rows.reshape", "return 7 or rows.reshape", InvalidOutput, "got int, expected"),
        ("return rows.reshape", "return rows.nothing.reshape", HookError, "AttributeError"),
        ("return Mean()", "return 1 / 0", HookError, "extractor: ZeroDivisionError"),
        ("return Mean()", "return object()", ContractError, "the extractor has no `hash`"),
        ("def extractor", "def make", ContractError, "no function `extractor`"),
        ("import numpy", "import nothing_of_that_name, numpy", PluginImportError, "nothing_of_that_name"),
    ],
)
def test_its_mistakes_bear_its_name(install, digits, old, new, error, message):
    install(MEAN.replace(old, new))
    with pytest.raises(error, match=message) as caught:
        extractor("mean", digits.ref)(digits.rows("held_out"))
    assert "genbench_mean 0.2 [mean]" in str(caught.value)


def test_a_check_that_breaks_bears_its_name(install, digits):
    install(MEAN.replace("data.kind", "data.sort"))
    with pytest.raises(HookError, match=r"genbench_mean 0.2 \[mean\] check: AttributeError"):
        choose(("mean",), digits.ref)


def test_a_name_that_two_claim_is_refused(install, digits):
    install(MEAN, name="pixels")
    with pytest.raises(UsageError, match="'pixels' is claimed by"):
        extractor("pixels", digits.ref)
