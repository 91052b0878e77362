from __future__ import annotations

import math

import pytest

from genbench.tables.blocks import blocks
from genbench.tables.columns import columns
from genbench.tables.verdicts import ranks, sentences, verdicts


def _verdicts(built, *, looks=(), **fds):
    records = []
    for name, values in fds.items():
        for seed, fd in enumerate(values):
            failed = {"status": "DIVERGED"} if math.isnan(fd) else {"measures": built.image_measures(fd)}
            records.append(built.record(built.trial(name, seed), **failed))
    (block,) = blocks(records, {}, run="r", looks=looks)
    return verdicts(block, columns(block))


def test_a_clear_difference(built):
    """Kills: the direction of better turned round."""
    (found,) = _verdicts(built, aaa=(10, 11, 12, 13, 14), bbb=(5, 6, 7, 8, 9))
    assert (
        found.sentence
        == "bbb against aaa, FD classifier: better in 25 of 25 pairs, P(better) 1.00 [.56, 1.00], p .0079."
    )


def test_a_share_is_better_when_higher(built):
    """Kills: every measure compared as if lower were better."""
    (block,) = blocks(built.points, {}, run="r")
    found = [each for each in verdicts(block, columns(block)) if each.column.title == "high-quality share"]
    assert [each.sentence for each in found] == [
        "gan against vae, high-quality share: better in 36 of 36 pairs, P(better) 1.00 [.63, 1.00], p .0022."
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
    assert ("corrected by Holm" in said[-1]) == (models > 2)


def test_holm_says_what_would_not_stand(built):
    """Kills: Bonferroni for Holm, every p by its own."""
    fds = {"aaa": range(5), "bbb": [2.5, 4.5, 5, 6, 7], "ccc": [4.2, 5.2, 6.2, 7.2, 8.2]}
    found = _verdicts(built, **fds)
    ps = {(each.first, each.second): (each.comparison.p, each.p_holm) for each in found}
    assert ps["aaa", "ccc"] == pytest.approx((2 / 252, 6 / 252))
    assert ps["aaa", "bbb"][1] == pytest.approx(2 * ps["aaa", "bbb"][0])
    assert sentences(found, best="aaa")[-1] == (
        "Each p is of one comparison; corrected by Holm for the 3 that were made, "
        "aaa against bbb (FD classifier) would not stand."
    )


def test_planned_looks_decide_at_the_first_that_can(built):
    """Kills: every seed compared at 5 % as if nobody had looked before; the seeds run instead of those that decided."""
    (found,) = _verdicts(built, looks=(5, 10), aaa=[10.0 + seed for seed in range(10)], bbb=range(10))
    assert found.comparison.seeds == (5, 5)
    assert found.sentence.endswith(", p .0079, decided at 5 seeds.")
    assert found.p_holm is None


def test_planned_looks_that_do_not_decide_name_their_level(built):
    """Kills: p .032 told as a difference where 2 % is what a look may spend."""
    one, other = [1, 2, 3, 4, 7], [5, 6, 8, 9, 10]
    (found,) = _verdicts(built, looks=(5, 10), aaa=one, bbb=other)
    assert found.comparison.p == pytest.approx(0.0317, abs=1e-4)
    assert "5 seeds cannot tell aaa from bbb" in found.sentence
    assert "(to tell at this look: p .02)" in found.sentence


def test_ranks_of_looks_are_by_their_verdicts(built):
    (block,) = blocks(built.points, {}, run="r", looks=(5, 10))
    found = verdicts(block, columns(block))
    assert ranks(block, found) == {"gan": "1", "vae": "2"}


def test_the_first_measure_that_tells_two_models_apart_ranks_them(built):
    """Kills: a tie in the first measure taken for a tie in all."""
    (block,) = blocks(built.points, {}, run="r")
    assert ranks(block, verdicts(block, columns(block))) == {"gan": "1", "vae": "2"}
