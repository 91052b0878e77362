"""Windows of a probe: rates of steady ones alone."""

from __future__ import annotations

import pytest

from genbench.probe import WARM_UP, WINDOW, Windows


def _windows(*edges: tuple[int, float]) -> Windows:
    windows = Windows()
    windows.edges = [(0, 0.0)] * (WARM_UP - 1) + list(edges)
    return windows


def test_rates_are_examples_over_charged_seconds() -> None:
    """Kills: hand-outs instead of examples, and windows of the warm-up."""
    assert _windows((10, 1.0), (30, 2.0), (40, 3.0)).rates(128) == pytest.approx((20 * 128, 10 * 128))


def test_a_sliver_is_no_window() -> None:
    """Kills: a rate over the moment between two edges that one slow step (a late compilation) pushed together."""
    assert _windows((10, 8.0), (11, 8.0 + WINDOW / 100)).rates(128) == ()
