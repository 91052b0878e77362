from __future__ import annotations

import math

import pytest

from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.verdicts import sentences, verdicts


def _verdicts(built, **fds):
    records = []
    for name, values in fds.items():
        for seed, fd in enumerate(values):
            failed = {"status": "DIVERGED"} if math.isnan(fd) else {"measures": built.image_measures(fd)}
            records.append(built.record(built.trial(name, seed), **failed))
    (block,) = blocks(records, {}, run="r")
    return verdicts(block, columns(block))


def test_a_clear_difference(built):
    """Kills: the direction of better turned round."""
    (found,) = _verdicts(built, aaa=(10, 11, 12, 13, 14), bbb=(5, 6, 7, 8, 9))
    assert found.sentence == "bbb against aaa, FD classifier: better in 25 of 25 pairs, p .0079."


def test_a_share_is_better_when_higher(built):
    """Kills: every measure compared as if lower were better."""
    (block,) = blocks(built.points, {}, run="r")
    found = [each for each in verdicts(block, columns(block)) if each.column.title == "high-quality share"]
    assert [each.sentence for each in found] == [
        "gan against vae, high-quality share: better in 36 of 36 pairs, p .0022."
    ]


def test_no_difference_to_tell(built):
    (found,) = _verdicts(built, aaa=(1, 3, 5, 7, 9.5), bbb=(2, 4, 6, 8, 9))
    assert found.sentence.startswith("5 seeds cannot tell ")
    assert "it would take about" in found.sentence


def test_failed_seeds_lose_and_tie_with_each_other(built):
    """Kills: failed seeds left out of the pairs."""
    (found,) = _verdicts(built, aaa=(1, 2, math.nan), bbb=(3, math.nan, math.nan))
    assert (found.first, found.comparison.better, found.comparison.ties, found.comparison.pairs) == ("aaa", 6, 2, 9)
    assert ", 2 equal, " in found.sentence


@pytest.mark.parametrize(("models", "shown"), [(2, 1), (4, 6), (5, 4), (8, 7)])
def test_many_pairs_are_those_of_the_best(built, models, shown):
    fds = {f"m{index}": tuple(10 * index + step for step in range(5)) for index in range(models)}
    found = _verdicts(built, **fds)
    assert len(found) == models * (models - 1) // 2
    said = sentences(found, best="m0")
    assert sum("pairs," in each for each in said) == shown
    assert ("not corrected" in said[-1]) == (models > 2)
