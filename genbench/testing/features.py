"""Does a feature space keep its contract (`genbench/features/extractor.py`)?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data import prepare
from genbench.features.selection import choose, extractor
from genbench.machine import cache_folder
from genbench.testing.tally import seeded, tallied

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.features.extractor import Extractor
    from genbench.testing.tally import Tally

ROWS = 40
ROUNDING = 1e-3  # relative to the largest feature
PAGE = "see docs/extending/features.md"


def check_features(
    name: str, *, data: str = "digits", weights: Path | None = None, data_root: Path | None = None
) -> None:
    """Check an installed feature space on a data set: what it returns, and that company changes nothing.

    Args:
        name: of the space.
        data: a data set that suits it.
        weights: its file, where it needs one.
        data_root: where the data set lies.

    Raises:
        AssertionError: with every finding, what was expected, and how to fix it.
    """
    with tallied("feature space", name) as tally:
        with tally.step("data", expected="a data set to try it on", fix="name another with data="):
            prepared = prepare(data, data_root=data_root, cache=cache_folder())
        rows = np.array(prepared.rows("train")[:ROWS])
        files = {} if weights is None else {name: weights}
        with tally.step("suits", expected=f"`check` to take {data}", fix=f"name one that suits with data=; {PAGE}"):
            choose((name,), prepared.ref, files)
        with tally.step("contract", expected="an extractor with name, hash, dimension and __call__", fix=PAGE):
            made = extractor(name, prepared.ref, weights=weights)
            again = extractor(name, prepared.ref, weights=weights)
        _check_identity(tally, name, made, again)
        with tally.step("returns features", expected="floats [n, dimension]", fix="return an array of numpy"):
            features = made(rows.copy())
        _check_values(tally, features)
        _check_company(tally, made, again, rows, features)


def _check_identity(tally: Tally, name: str, made: Extractor, again: Extractor) -> None:
    tally.check(
        "hash",
        bool(re.fullmatch(r"[0-9a-f]{8,128}", made.hash)) and made.hash == again.hash,
        f"hash {made.hash!r}, then {again.hash!r}",
        expected="hexadecimal digits, the same for the same weights",
        fix="hash the weights and whatever else decides the features, as hashlib.sha256(...).hexdigest()",
    )
    inner = getattr(made, "inner", made)
    tally.check(
        "name", inner.name == name, f"called {inner.name!r}", expected=f"{name!r}", fix="name it as its entry point"
    )


def _check_values(tally: Tally, features: Any) -> None:
    tally.check(
        "finite", bool(np.isfinite(features).all()), "NaN or infinity", expected="finite floats", fix="guard divisions"
    )
    tally.check(
        "tells rows apart",
        bool(np.ptp(features, axis=0).max() > 0),
        "the same features for every row",
        expected="features that vary",
        fix="look whether the rows reach the network as it expects them: uint8 [n, c, h, w] or float32 [n, d]",
    )


def _check_company(tally: Tally, made: Extractor, again: Extractor, rows: Any, features: Any) -> None:
    """Extract again, in other company, and under another global seed."""
    scale = ROUNDING * max(1.0, float(np.abs(features).max()))
    order = np.random.default_rng(0).permutation(len(rows))
    alone = np.concatenate([again(rows[:1].copy()), again(rows[1:7].copy())])
    kept = rows.copy()
    with seeded(1):
        shuffled = again(kept[order])
    tally.check(
        "company",
        bool(np.abs(alone - features[:7]).max() <= scale) and bool(np.abs(shuffled - features[order]).max() <= scale),
        "other features for the same rows in other company, or when asked again",
        expected="the same up to rounding",
        fix="fix the batch size, switch to eval mode, draw nothing",
    )
    tally.check("rows", np.array_equal(kept, rows), "rows were changed", expected="rows as they were", fix="copy them")
