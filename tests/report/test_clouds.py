"""Outlines of a density: where they are, and that they close."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from genbench.report.clouds import LINE, scatter
from genbench.report.contours import SHARES, density, levels, outlines, segments


def _bump(count=160) -> np.ndarray:
    """Return a cone [count + 2, count + 2] of height 1 over the middle, an empty bin at each edge."""
    centres = (np.arange(count) + 0.5) * 2 / count - 1
    return np.pad(np.maximum(1 - np.hypot(*np.meshgrid(centres, centres)), 0), 1)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 0.9))
def test_the_level_of_a_cone_is_a_circle(level):
    """Kills: lines through corners in place of crossings, the wrong corner of a triangle, axes of another length."""
    lines = segments(_bump(), level)
    np.testing.assert_allclose(np.linalg.norm(lines, axis=2), 1 - level, atol=0.01)
    length = np.linalg.norm(lines[:, 0] - lines[:, 1], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * (1 - level), rel=0.03)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.95))
def test_lines_close(seed, level):
    """Kills: half of the triangles left out, saddles joined wrongly: every end is the end of two lines."""
    field = np.pad(np.random.default_rng(seed).random((9, 9)), 1)
    ends = Counter(map(tuple, np.round(segments(field, level).reshape(-1, 2), 9).tolist()))
    assert all(count % 2 == 0 for count in ends.values())


def test_axes_are_not_exchanged():
    """Kills: rows of the histogram taken for the vertical."""
    cloud = np.random.default_rng(0).normal(size=(2000, 2)) * (0.3, 0.05)
    lines = outlines(cloud, np.zeros(2), 1.0).reshape(-1, 2)
    assert np.ptp(lines[:, 0]) > 3 * np.ptp(lines[:, 1])


def test_lines_hold_their_share():
    """Kills: levels of heights instead of mass."""
    cloud = np.random.default_rng(0).normal(size=(20_000, 2)) * 0.2
    field = density(cloud)
    found = np.histogram2d(*cloud.T, bins=160, range=((-1, 1), (-1, 1)))[0]
    shares = [found[field[1:-1, 1:-1] >= level].sum() / len(cloud) for level in levels(field)]
    np.testing.assert_allclose(shares, SHARES, atol=0.03)


def test_few_points_have_no_outlines():
    assert len(outlines(np.zeros((49, 2)), np.zeros(2), 1.0)) == 0
    assert len(outlines(np.random.default_rng(0).normal(size=(50, 2)) / 4, np.zeros(2), 1.0)) > 0


def test_outlines_are_drawn_around_the_real_rows(tmp_path):
    """Kills: outlines of the samples; half-way between two heaps there is no line."""
    reference = np.random.default_rng(0).normal(size=(2000, 2)) * 0.02 + np.repeat([[-1.0, 0], [1.0, 0]], 1000, axis=0)
    scatter(np.zeros((500, 2)), tmp_path / "a.png", reference)
    with Image.open(tmp_path / "a.png") as opened:
        lines = (np.asarray(opened) == LINE).all(axis=2)
    columns = np.flatnonzero(lines.any(axis=0)) / 639
    assert len(columns) and (np.minimum(abs(columns - 0.08), abs(columns - 0.92)) < 0.1).all()
