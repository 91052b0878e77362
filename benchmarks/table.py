"""The table of `make bench`, and what it was measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rows import Row

HEADER = ("what", "against", "measured", "goal", "met", "ours", "theirs")
READING = """\
Ratios are CPU seconds of the other side over ours, so that more is faster: medians of rounds in which the sides take
turns, one process each, one thread, with the least and the most. Losses on equal weights, rows and noise, and measures
of equal features, are compared first, and agree to 1e-4 (not the kernel distance, of which the peer draws subsets).

"Restated": that project's loop, written anew from its structure, as it is no package; its pictures are decoded and
made tensors one by one as torchvision does, which itself needs another build of torch. Peers compute in float32 also
where we compute in bf16. The limit is a large product of matrices in the arithmetic that ours runs in."""


def markdown(rows: Sequence[Row], surroundings: dict[str, Any]) -> str:
    """Return the whole page."""
    return "\n".join(["# `make bench`", "", where(surroundings), "", lines(rows), "", READING, ""])


def lines(rows: Sequence[Row]) -> str:
    """Return the table alone."""
    return "\n".join([_line(HEADER), _line(["---"] * len(HEADER)), *(_line(_cells(row)) for row in rows)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> list[str]:
    met = {True: "yes", False: "**no**", None: ""}[row.is_met]
    return [row.work, row.against, measured(row), goal(row), met, row.ours, row.theirs]


def measured(row: Row) -> str:
    """Return the median with the range, or why there is none."""
    if not row.values:
        return f"left out: {row.absent}"
    unit = "×" if row.unit == "×" else f" {row.unit}"
    spread = f" [{_short(min(row.values))}–{_short(max(row.values))}]" if len(row.values) > 1 else ""
    return f"{_short(row.median)}{unit}{spread}"


def goal(row: Row) -> str:
    """Return what is asked for."""
    unit = "×" if row.unit == "×" else f" {row.unit}"
    if row.least is not None:
        return f"≥ {row.least:g}{unit}"
    return "" if row.most is None else f"≤ {row.most:g}{unit}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def where(found: dict[str, Any]) -> str:
    """Say when, on what and by what it was measured."""
    packages = found["environment"]["packages"]
    environment = found["environment"]
    return (
        f"{found['date']}, {environment['cpu']}, {environment['cores']} cores, torch {packages['torch']}, Python "
        f"{environment['python']}, commit {environment['commit']}; load {found['load'][0]:.1f} to "
        f"{found['load'][1]:.1f}; {found['minutes']:.0f} minutes{', quick' if found['is_quick'] else ''}."
    )
