"""Bencher's Metric Format: benchmark to measure to value, with the interval's ends where there is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from genbench.check.reports import dashboards, wording
from genbench.escaping import plain

if TYPE_CHECKING:
    from genbench.check.findings import Checked


def text(checked: Checked) -> str:
    """Return every model and data set as a benchmark."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for finding, value, bounds in dashboards.points(checked):
        metric = {"value": value}
        if bounds is not None:
            metric |= {"lower_value": bounds[0], "upper_value": bounds[1]}
        found.setdefault(wording.cell_name(finding.gate), {})[plain(finding.gate.measure, 64)] = metric
    return json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
