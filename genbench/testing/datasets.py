"""Does a data set keep its contract (`genbench/data/dataset.py`)?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genbench.data import checks, prepare
from genbench.data.request import ask, describe
from genbench.errors import ContractError
from genbench.testing.tally import seeded, tallied

if TYPE_CHECKING:
    from genbench.data.dataset import Part, Raw
    from genbench.data.request import Request
    from genbench.testing.tally import Tally

MOST_SHARED = 0.01  # of held-out rows that are train rows too
LOAD = "a Raw of three splits, each in the form of its kind"


def check_dataset(name: str, *, data_root: Path | None = None) -> None:
    """Check an installed data set: that it loads, is well formed, is the same each time, and is prepared.

    Args:
        name: as a user would give it, with a source where it takes one: `moons`, `images:photos@32`.
        data_root: where its files lie.

    Raises:
        AssertionError: with every finding, what was expected, and how to fix it.
    """
    with tallied("data set", name) as tally:
        with tally.step(
            "installed", expected="an importable module with a function `load`", fix="see docs/extending/datasets.md"
        ):
            request = ask(name, data_root)
            text = describe(request.listed)
        tally.check(
            "described", bool(text), "no docstring", expected="a first line that listings show", fix="write one"
        )
        raw = _loaded(tally, request)
        _check_repeats(tally, request)
        _check_leaks(tally, raw)
        _check_files(tally, request)
        _check_prepared(tally, name, data_root)


def _loaded(tally: Tally, request: Request) -> Raw:
    with tally.step("loads", expected=LOAD, fix="return genbench.data.dataset.Raw, and raise DataError for bad files"):
        raw = request.load()
    with tally.step("form", expected=LOAD, fix="dtypes and axes are in genbench.data.dataset.FORMS"):
        try:
            checks.check_form(raw)
        except ValueError as error:
            raise ContractError(str(error), culprit=request.listed.culprit, hook="load") from error
    with tally.step("content", expected="rows that a model can learn from", fix="do what the message says"):
        checks.check_content(request.name, raw)
    return raw


def _check_repeats(tally: Tally, request: Request) -> None:
    """Load again under other seeds: nobody else's randomness may decide a row."""
    with seeded(1):
        first = dict(request.load().parts())
    with seeded(2):
        again = dict(request.load().parts())
    apart = [split for split, part in first.items() if not _is_same(part, again[split])]
    tally.check(
        "the same each time",
        not apart,
        f"two loads differ in {', '.join(apart)}",
        expected="the same rows in the same order on every machine",
        fix="draw from genbench.data.streams, and sort files by name",
    )


def _is_same(part: Part, other: Part) -> bool:
    if part.labels is None or other.labels is None:
        return part.labels is other.labels and np.array_equal(part.rows, other.rows)
    return np.array_equal(part.rows, other.rows) and np.array_equal(part.labels, other.labels)


def _check_leaks(tally: Tally, raw: Raw) -> None:
    seen = {row.tobytes() for row in raw.train.rows}
    shared = sum(row.tobytes() in seen for row in raw.held_out.rows)
    tally.check(
        "splits apart",
        shared <= MOST_SHARED * len(raw.held_out) or raw.kind == "tokens",
        f"{shared} of {len(raw.held_out)} held-out rows are train rows too",
        expected="rows that no model has seen",
        fix="put equal rows into one split, as by a hash of their content",
    )


def _check_files(tally: Tally, request: Request) -> None:
    with tally.step("files", expected="paths of the files that decide the content", fix="return them", needed=False):
        gone = [path for path in request.files() or () if not path.exists()]
        tally.check(
            "files",
            not gone,
            f"`files` names {gone[:3]}",
            expected="files that are there",
            fix="name what `load` reads",
        )


def _check_prepared(tally: Tally, name: str, data_root: Path | None) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="genbench-testing-") as folder,
        tally.step("prepared", expected="a data set that is decoded once, and read back", fix="do what it says"),
    ):
        first = prepare(name, data_root=data_root, cache=Path(folder))
        second = prepare(name, data_root=data_root, cache=Path(folder))
        tally.check(
            "prepared",
            first.ref == second.ref,
            "another hash when it was prepared again",
            expected="one hash",
            fix="let `load` depend on nothing but its files",
        )
