"""The long frame behind the tables: a row per model, variant, measure, split and mark, with all statistics of seeds."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genbench.escaping import plain
from genbench.stats.intervals import iqm, iqm_interval, summary
from genbench.tables.blocks import short_name
from genbench.tables.columns import column_of
from genbench.tables.currencies import steps_at
from genbench.tables.noise import noise
from genbench.tables.quality import CONTROLS
from genbench.tables.seeds import values
from genbench.tables.words import finite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from genbench.record import Identity
    from genbench.refs import Split
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column

BOOTSTRAP = 20261  # seed of the intervals of interquartile means: the same records give the same table


def long(block: Block, ranks: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return every statistic of every measure; missing numbers are None, and `status` says why.

    Args:
        block: the comparison.
        ranks: place of every model, as `1=`, for the lines of its headline variant.
    """
    return pd.DataFrame(list(_lines(block, ranks or {})), dtype=object)


def _lines(block: Block, ranks: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for row in block.rows:
        for (name, split), identity in block.identities.items():
            for mark in block.marks.get((name, split), ()):
                for variant in row.model.variants:
                    found = values(block, row, name, split=split, variant=variant, mark=mark)
                    line = _who(block, row, variant) | _what(identity) | {"mark": mark, "steps": _steps(row, mark)}
                    line |= _statistics(found, row, column_of(block, name)) | {"rank": _rank(ranks, row, variant)}
                    line |= _sampling_error(row, name, split, variant, mark)
                    parts = noise(block, row, column_of(block, name), split=split, variant=variant, mark=mark)
                    line |= {"seed_deviation": parts.seed, "sampling_deviation": parts.sampling}
                    yield line | _controls(block, name, split)


def _who(block: Block, row: Row, variant: str) -> dict[str, Any]:
    return {
        "run": plain(block.run),
        "data": plain(block.trial.data.name),
        "data_hash": plain(block.trial.data.hash),
        "budget": str(block.trial.budget),
        "model": row.label,
        "variant": plain(variant),
        "distribution": plain(row.model.distribution),
        "code": plain(row.model.code),
        "options": plain(json.dumps(row.model.options, sort_keys=True, default=str), 2000),
    }


def _what(identity: Identity) -> dict[str, Any]:
    return {
        "measure": plain(short_name(identity)),
        "n": identity.n,
        "n_real": identity.n if identity.n_real is None else identity.n_real,
        "k": identity.k,
        "split": identity.split,
        "features_hash": plain(identity.features_hash),
        "dtype": plain(identity.dtype),
    }


def _steps(row: Row, mark: float) -> float | None:
    found = [steps for record in row.records.values() if (steps := steps_at(record, mark)) is not None]
    return statistics.median(found) if found else None


def _rank(ranks: Mapping[str, str], row: Row, variant: str) -> str | None:
    return ranks.get(row.label) if variant == row.model.variants[0] else None


def _statistics(found: tuple[float, ...], row: Row, column: Column) -> dict[str, Any]:
    """Return the statistics over planned seeds and, so named, those over the seeds that gave a number."""
    lower = column.is_lower_better
    all_planned = summary(found, lower_is_better=lower)
    middle = iqm_interval(found, rng=np.random.default_rng(BOOTSTRAP), lower_is_better=lower) or (None, None)
    good = [value for value in found if value == value]
    status = "ok" if finite(all_planned.median) is not None else "failed" if not row.ok or good else "not measured"
    return {
        "planned": len(found),
        "ok": len(row.ok),
        "measured": len(good),
        "status": status,
        "median": finite(all_planned.median),
        "low": finite(all_planned.low),
        "high": finite(all_planned.high),
        "bounds": all_planned.kind,
        "iqm": finite(iqm(found, lower_is_better=lower)),
        "iqm_low": finite(middle[0]),
        "iqm_high": finite(middle[1]),
        "mean_of_measured": statistics.fmean(good) if good else None,
        "deviation_of_measured": statistics.stdev(good) if len(good) > 1 else None,
        "least": min(good, default=None),
        "most": max(good, default=None),
        "values": [finite(value) for value in found],
    }


def _sampling_error(row: Row, name: str, split: Split, variant: str, mark: float) -> dict[str, float | None]:
    """Return the median standard error of metric sampling, which is not the spread over seeds."""
    found = (row.measure(seed, name, split, variant, mark) for seed in row.records)
    known = [error for each in found if each is not None and (error := finite(each.se)) is not None]
    return {"sampling_error": statistics.median(known) if known else None}


def _controls(block: Block, name: str, split: Split) -> dict[str, float | None]:
    known = block.reference.measures if block.reference is not None else {}
    found: dict[str, float | None] = {}
    for control in CONTROLS:
        own = [
            each for each in known.get(control, ()) if (short_name(each.identity), each.identity.split) == (name, split)
        ]
        found[control] = finite(own[0].value) if own else None
        if control == "floor":
            found["floor_deviation"] = finite(own[0].se) if own else None
    return found
