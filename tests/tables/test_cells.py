from __future__ import annotations

import pytest

from genbench.tables.cells import NOT_MEASURED, NOTHING, Cell, ranked


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        (Cell(value=9.7, low=7.2, high=14.9), ("9.70", "[7.20, 14.9]")),
        (Cell(value=9.7), ("9.70",)),
        (Cell(value=9.7, low=7.2, status="bound failed"), ("9.70", "[7.20, fail]")),
        (
            Cell(value=3600, high=None, low=3600, status="bound failed", style="count", beyond="never"),
            ("3600", "[3600, never]"),
        ),
        (Cell(status="failed"), ("failed",)),
        (NOT_MEASURED, ("–",)),
        (NOTHING, ("",)),
        (Cell(value=2, word="2 of 5"), ("2 of 5",)),
        (Cell(parts=(("critic", 4800), ("generator", "unobserved"))), ("critic 4800", "generator unobserved")),
    ],
)
def test_lines(cell, lines):
    assert cell.lines == lines


def test_ranked_turns_infinity_into_a_status():
    assert ranked((float("inf"), 1.0, float("inf")), "number").status == "failed"
    assert ranked((2.0, 1.0, float("inf")), "number") == Cell(value=2.0, low=1.0, status="bound failed")
