"""Pictures of quality against the number of trials, one a data set, beside the records that they are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.report.curves import curves
from genbench.store import durable, file_name
from genbench.tables.blocks import blocks
from genbench.tables.tuning import expected, ledgers

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.store import Results


def plot(results: Results) -> list[Path]:
    """Draw the expected best on validation rows over 1 to K trials for every data set; return where.

    Raises:
        OSError: the disk is full or broken.
    """
    made = []
    for block in blocks(results.records, results.references, run=results.name):
        found = ledgers(block)
        measure = next((each.measures[0] for each in found if each.measures), None)
        lines = {
            each.label: [(k, expected(each, 0, k).value) for k in range(1, each.tuned.trials + 1)]
            for each in found
            if each.measures
        }
        if measure is None or not any(value == value for line in lines.values() for _, value in line):
            continue
        path = results.path / f"tuning-{file_name(block.trial.data.name)}.png"
        title = f"{block.trial.data.name}: {measure.name} on validation, expected best of k configurations"
        durable.replace(path, curves(lines, title))
        made.append(path)
    return made
