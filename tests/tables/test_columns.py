from __future__ import annotations

import pytest

from genbench.tables.columns import column


@pytest.mark.parametrize(
    ("name", "better", "title", "arrow"),
    [
        ("fd:classifier", None, "FD classifier", "↓"),
        ("fd_inf:inception", None, "FD∞ inception", "↓"),
        ("recall:classifier", None, "recall", "↑"),
        ("copies:pixels", None, "copies", ""),
        ("vendi_fake:classifier", None, "Vendi", "↑"),
        ("bits_per_dim:iwae@100,pmf256", None, "bits/dim iwae@100,pmf256", "↓"),
        ("sharpness:classifier", None, "sharpness", "↓"),
        ("sharpness:classifier", "higher", "sharpness", "↑"),
        ("recall:classifier", "lower", "recall", "↑"),  # what is built in is not a plugin's to turn round
    ],
)
def test_titles_and_directions(name, better, title, arrow):
    """Kills: a measure without a better end given an arrow; the catalogue overruled."""
    made = column(name, better)
    assert (made.title, made.arrow) == (title, arrow)
