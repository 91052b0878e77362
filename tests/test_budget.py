"""Budgets are read as users write them, and refused with the grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.budget import Budget
from genbench.errors import SpecError


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("1600steps", 1600, "steps"),
        ("204800examples", 204800, "examples"),
        ("30s", 30, "seconds"),
        ("0.5 seconds", 0.5, "seconds"),
        ("2e12flops", 2e12, "flops"),
        ("1_600 Steps", 1600, "steps"),
    ],
)
def test_reads_what_users_write(text: str, amount: float, unit: str) -> None:
    assert Budget.parse(text) == Budget(amount, unit)


@pytest.mark.parametrize(
    "text", ["", "12", "steps", "-3s", "0steps", "1.5steps", "1e999s", "nans", "3 epochs", "3s extra", "--1s"]
)
def test_refuses_with_the_grammar(text: str) -> None:
    with pytest.raises(SpecError, match="1600steps, 204800examples, 30s or 2e12flops"):
        Budget.parse(text)


@given(st.integers(1, 10**12), st.sampled_from(["steps", "examples", "seconds", "flops"]))
def test_text_reads_back(amount: int, unit: str) -> None:
    """Kills: formatting with %g, which loses the digits of 614401."""
    budget = Budget(amount, unit)
    assert Budget.parse(str(budget)) == budget


@given(st.integers(1, 10**7), st.integers(1, 4096))
def test_hand_outs_never_exceed_the_budget(amount: int, batch: int) -> None:
    """Kills: rounding the count of hand-outs instead of taking its floor."""
    count = Budget(amount, "examples").hand_outs(batch)
    assert count * batch <= amount < (count + 1) * batch


def test_text_is_short() -> None:
    assert [str(Budget.parse(text)) for text in ("2e12flops", "0.5s", "614400examples")] == [
        "2e12flops",
        "0.5s",
        "614400examples",
    ]


def test_flops_need_a_count() -> None:
    assert Budget(1e6, "flops").hand_outs(10, flops_per_example=1000.0) == 100
    with pytest.raises(ValueError, match="no count"):
        Budget(1e6, "flops").hand_outs(10)
