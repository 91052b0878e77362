"""The long frame behind the tables: a row per model, variant, measure, split and mark, with all statistics of seeds."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

import pandas as pd

from genbench.stats.intervals import summary
from genbench.tables.blocks import short_name
from genbench.tables.columns import column
from genbench.tables.course import steps_at
from genbench.tables.quality import CONTROLS
from genbench.tables.seeds import marks, values
from genbench.tables.words import finite, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.record import Identity, Split
    from genbench.tables.blocks import Block, Row


def long(block: Block) -> pd.DataFrame:
    """Return every statistic of every measure; missing numbers are None, and `status` says why."""
    return pd.DataFrame(list(_lines(block)), dtype=object)


def _lines(block: Block) -> Iterator[dict[str, Any]]:
    for row in block.rows:
        for (name, split), identity in block.identities.items():
            for mark in marks(block.records, name, split):
                for variant in row.model.variants:
                    found = values(block, row, name, split=split, variant=variant, mark=mark)
                    line = _who(block, row, variant) | _what(identity) | {"mark": mark, "steps": _steps(row, mark)}
                    noise = _sampling_error(row, identity, variant, mark)
                    yield line | _statistics(found, row, name) | noise | _controls(block, name, split)


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
        "k": identity.k,
        "split": identity.split,
        "features_hash": plain(identity.features_hash),
        "dtype": plain(identity.dtype),
    }


def _steps(row: Row, mark: float) -> float | None:
    found = [steps for record in row.records.values() if (steps := steps_at(record, mark)) is not None]
    return statistics.median(found) if found else None


def _statistics(found: tuple[float, ...], row: Row, name: str) -> dict[str, Any]:
    """Return the statistics over planned seeds and, so named, those over the seeds that gave a number."""
    all_planned = summary(found, lower_is_better=column(name).is_lower_better)
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
        "mean_of_measured": statistics.fmean(good) if good else None,
        "deviation_of_measured": statistics.stdev(good) if len(good) > 1 else None,
        "least": min(good, default=None),
        "most": max(good, default=None),
        "values": [finite(value) for value in found],
    }


def _sampling_error(row: Row, identity: Identity, variant: str, mark: float) -> dict[str, float | None]:
    """Return the median standard error of metric sampling, which is not the spread over seeds."""
    wanted = (variant, mark, identity.metric, identity.features, identity.split)
    known = []
    for each in (measure for record in row.records.values() for measure in record.measures):
        own, error = each.identity, finite(each.se)
        if error is not None and (each.variant, each.mark, own.metric, own.features, own.split) == wanted:
            known.append(error)
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
