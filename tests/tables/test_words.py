from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.tables.words import finite, listed, number, probability


@pytest.mark.parametrize(
    ("value", "style", "expected"),
    [
        (9.7, "number", "9.70"),
        (12.345, "number", "12.3"),
        (9.996, "number", "10.0"),
        (99.96, "number", "100"),
        (215.4, "number", "215"),
        (9999.6, "number", "10,000"),
        (1234.0, "number", "1234"),
        (51_234.0, "number", "51,234"),
        (0.0211, "number", ".0211"),
        (0.9889, "number", ".989"),
        (0.99951, "number", "1.00"),
        (-0.0012, "number", "-.0012"),
        (0.00012, "number", "1.2e-4"),
        (0.0, "number", "0"),
        (0.914, "ratio", ".91"),
        (1.0, "ratio", "1.00"),
        (0.1834, "percent", "18.34 %"),
        (4800, "count", "4800"),
        (614_400, "count", "614,400"),
        (7.5, "count", "7.50"),
        (312_480, "size", "312 k"),
        (2.1e11, "size", "210 G"),
        (41_500_000, "bytes", "41.5 MB"),
        (0.0768, "deviation", ".077"),
    ],
)
def test_number(value, style, expected):
    """Kills: digits chosen before rounding (9.996 as 10.00), the zero before the point kept, k and M mixed up."""
    assert number(value, style) == expected


@given(st.floats(min_value=1e-12, max_value=1e17), st.booleans())
def test_number_is_read_back_within_its_precision(value, is_negative):
    """Kills: a unit that does not match its power of 1000, a lost sign, a wrong exponent."""
    value = -value if is_negative else value
    shown = number(value)
    factors = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
    amount, _, unit = shown.partition(" ")
    read = float(amount.replace(",", "")) * factors.get(unit, 1.0)
    assert read == pytest.approx(value, rel=0.051)


def test_finite():
    assert [finite(value) for value in (None, math.nan, math.inf, -math.inf, 2)] == [None, None, None, None, 2.0]


def test_probability():
    assert [probability(p) for p in (0.00099, 0.031, 0.15, 1.0)] == ["p < .001", "p .031", "p .15", "p 1"]


def test_listed():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
