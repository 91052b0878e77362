"""Weights from the user's files, whole, wrong and hostile."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given as drawn_by
from hypothesis import settings
from hypothesis import strategies as st

from genbench.errors import DataError, UsageError
from genbench.features.given import Wanted, digest

if TYPE_CHECKING:
    from pathlib import Path

WANTED = Wanted(features="toy", network="a toy", files=("toy.pth", "toy-2.pth"), prefix="0123abcd")
SHAPES = {"b": (2,), "a": (2, 3)}


def state() -> dict[str, torch.Tensor]:
    return {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([0.5, -1.0])}


@pytest.fixture
def write(tmp_path):
    def make(content: object, name: str = "toy.pth") -> Path:
        path = tmp_path / name
        if path.suffix == ".npz":
            np.savez(path, **{key: value.numpy() for key, value in content.items()})
        elif path.suffix == ".safetensors":
            pytest.importorskip("safetensors.torch").save_file(content, path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        return path

    return make


def test_what_is_missing_is_told_with_what_to_get(tmp_path):
    """Kills: a message that leaves the reader to guess file, hash or flag."""
    with pytest.raises(UsageError) as caught:
        WANTED.check(None)
    for part in ("--features toy: ", "a toy", "toy.pth or toy-2.pth", "0123abcd", "--features-weights toy=FILE"):
        assert part in str(caught.value)
    with pytest.raises(UsageError, match="found no file there"):
        WANTED.check(tmp_path)


@pytest.mark.parametrize("name", ["toy.pth", "toy.pt", "toy.npz", "toy.safetensors"])
def test_every_format_gives_the_same_arrays_and_the_same_hash(write, name):
    """Kills: a hash of the file, by which a converted one is another space."""
    path = write(state(), name)
    read = WANTED.fitted(path, WANTED.read(path), SHAPES)
    assert all(torch.equal(read[key], value) for key, value in state().items())
    assert digest("recipe", read) == digest("recipe", state())


def test_half_precision_is_widened(write):
    path = write({key: value.half() for key, value in state().items()})
    read = WANTED.fitted(path, WANTED.read(path), SHAPES)
    assert {array.dtype for array in read.values()} == {torch.float32}


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return sys.exit, ("the file was run",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"<!doctype html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS"),
        (b"PK\x03\x04 and then nothing", "reading it ends with"),
        (pickle.dumps(Hostile()), "reading it ends with"),
        ({"model": {"a": torch.zeros(1)}}, "holds other things than tensors"),
        ([torch.zeros(1)], "list that holds other things"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(write, content, said):
    """Kills: unpickling with the right to call anything; a traceback for a half-fetched file."""
    path = write(content)
    with pytest.raises(DataError) as caught:
        WANTED.read(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "toy-2.pth" in str(caught.value)


def test_a_hostile_checkpoint_is_not_run(write):
    with pytest.raises(DataError):
        WANTED.read(write({"a": Hostile()}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"a": None}, "a is missing"),
        ({"a": torch.zeros(3, 2)}, r"a is \[3, 2\], not \[2, 3\]"),
        ({"b": torch.tensor([0, float("nan")])}, "b holds NaN"),
        ({"c": torch.zeros(1)}, "c has no place in it"),
        (
            {"a": None, "b": None, "c": torch.zeros(1), "d": torch.zeros(1)},
            "b is missing; a is missing; c .*; and 1 more",
        ),
    ],
)
def test_what_does_not_fit_is_named(write, change, said):
    """Kills: a first problem that hides how many there are; NaN that turns every feature into NaN."""
    changed = {key: value for key, value in (state() | change).items() if value is not None}
    path = write(changed)
    with pytest.raises(DataError, match=said):
        WANTED.fitted(path, WANTED.read(path), SHAPES)


@settings(max_examples=30, deadline=None)
@drawn_by(st.sampled_from(["recipe", "name", "shape", "value"]))
def test_the_hash_changes_with_everything_that_decides(what):
    """Kills: a hash that leaves out names, shapes or the recipe."""
    before, arrays = digest("recipe", state()), state()
    if what == "name":
        arrays["bb"] = arrays.pop("b")  # in the same place of the order
    elif what == "shape":
        arrays["a"] = arrays["a"].reshape(3, 2)
    elif what == "value":
        arrays["b"] = arrays["b"].nextafter(torch.tensor(9.0))
    assert digest("other" if what == "recipe" else "recipe", arrays) != before


def test_nobody_is_told_to_run_what_is_in_a_file(tmp_path):
    """Kills: torch's own advice passed on, to load the file again without its guard."""
    path = tmp_path / "weights.pth"
    path.write_bytes(b"\x93NUMPY, or anything else")
    with pytest.raises(UsageError, match="without running code") as error:
        WANTED.read(path)
    assert "weights_only" not in str(error.value)
