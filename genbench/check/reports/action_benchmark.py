"""The custom formats of benchmark-action/github-action-benchmark: one file for each direction of better."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from genbench.check.findings import UNITS
from genbench.check.reports import dashboards, wording

if TYPE_CHECKING:
    from genbench.check.findings import Checked

TOOLS = {"lower": "customSmallerIsBetter", "higher": "customBiggerIsBetter"}


def text(checked: Checked, better: Literal["lower", "higher"]) -> str:
    """Return the entries for the tool `TOOLS[better]`: an array of name, unit, value, and range where there is one."""
    entries = []
    for finding, value, bounds in dashboards.points(checked):
        gate = finding.gate
        if gate.better != better:
            continue
        entry = {"name": wording.gate_name(gate), "unit": UNITS.get(gate.measure, "score"), "value": value}
        if bounds is not None:  # the action reads a half-width
            entry["range"] = f"± {(bounds[1] - bounds[0]) / 2:.3g}"
        entries.append(entry | {"extra": f"{finding.verdict}: worse by {wording.worse_by(finding)}"})
    return json.dumps(entries, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
