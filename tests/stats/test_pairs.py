from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats import pairs
from genbench.stats.pairs import compare, holm, mann_whitney_p, probability_interval, seeds_needed, smallest_p

few = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=6)


def _slow_p(first, second):
    """Every way to deal the pooled values, by counting pairs."""
    pooled = [*first, *second]

    def excess(chosen):
        ours, theirs = [pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen]
        return abs(sum((x > y) - (x < y) for x in ours for y in theirs))

    seen = excess(range(len(first)))
    ways = [excess(chosen) for chosen in combinations(range(len(pooled)), len(first))]
    return np.mean([way >= seen for way in ways])


@settings(max_examples=40, deadline=None)
@given(few, few)
def test_p_is_the_permutation_test_also_with_ties(first, second):
    """Kills: ties broken by order, one-sided p, > for >=."""
    assert mann_whitney_p(np.array(first), np.array(second)) == pytest.approx(_slow_p(first, second), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20))
def test_p_agrees_with_scipy_where_nothing_ties(seed, n, m):
    """Kills: a rank dropped from the recursion, a rank used twice."""
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(seed).permutation(n + m).astype(float)
    expected = stats.mannwhitneyu(values[:n], values[n:], method="exact").pvalue
    assert mann_whitney_p(values[:n], values[n:]) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(few, few, st.booleans())
def test_the_sides_mirror_each_other(first, second, lower_is_better):
    """Kills: the sides swapped (mutant 1 of the gate), ties counted as wins."""
    ours = compare(first, second, lower_is_better=lower_is_better)
    theirs = compare(second, first, lower_is_better=lower_is_better)
    assert ours.pairs == len(first) * len(second) == ours.better + theirs.better + ours.ties
    assert ours.p == theirs.p
    assert ours.better == compare([-x for x in first], [-x for x in second], lower_is_better=not lower_is_better).better


def test_direction():
    """Kills: higher taken for better."""
    assert compare([1.0, 2], [3.0, 4]).better == 4
    assert compare([1.0, 2], [3.0, 4], lower_is_better=False).better == 0


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_failed_seeds_rank_worst(lower_is_better):
    """Kills: failed seeds dropped, NaN compared as equal to everything, NaN as 0."""
    result = compare([1.0, 1, math.nan], [2.0, 2, 2], lower_is_better=lower_is_better)
    assert (result.pairs, result.better) == (9, 6 if lower_is_better else 0)
    assert compare([5.0] * 5, [math.nan] * 5, lower_is_better=lower_is_better).better == 25
    both = compare([math.nan] * 4, [math.nan] * 4, lower_is_better=lower_is_better)
    assert (both.ties, both.p, both.seeds_needed) == (16, 1.0, None)


def test_three_against_three_can_never_tell():
    """Kills: a normal approximation, which calls 3 against 3 significant at p 0.0495."""
    result = compare([1.0, 2, 3], [4.0, 5, 6])
    assert (result.better, result.p, result.distinguishable, result.seeds_needed) == (9, pytest.approx(0.1), False, 4)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 3), (3, 5), (4, 4), (5, 5), (2, 8)])
def test_smallest_p_is_what_complete_separation_gets(n, m):
    """Kills: the one-sided 1/56 of 3 against 5 passed off as two-sided."""
    assert smallest_p(n, m) == pytest.approx(mann_whitney_p(np.arange(n) * 1.0, np.arange(m) + 100.0))


def test_seeds_needed_follows_noether():
    """Kills: the total given for the number of each, P for P - 1/2; 2 n = 7.849 / (3 x 0.3^2) = 29.07."""
    assert seeds_needed(0.8, more_than=5) == 15
    assert seeds_needed(0.2, more_than=5) == 15
    assert seeds_needed(0.8, more_than=15) == 16
    assert seeds_needed(0.5, more_than=5) is None
    assert seeds_needed(0.501, more_than=5) is None
    assert seeds_needed(1.0, more_than=2) == 4


@pytest.mark.parametrize("shift", [0.8, 1.2])
def test_seeds_needed_tell_about_as_often_as_promised(shift):
    """Kills: another level or power in the formula; two normals one shift apart, power 0.8 at the advised number."""
    from statistics import NormalDist

    n = seeds_needed(NormalDist().cdf(shift / 2**0.5), more_than=1)
    rng = np.random.default_rng(0)
    told = [compare(rng.normal(size=n), rng.normal(size=n) + shift).distinguishable for _ in range(200)]
    assert 0.72 < np.mean(told) < 0.88


def test_p_values_are_super_uniform_on_equal_models():
    """Kills: an anti-conservative p (D5.5 property 1)."""
    rng = np.random.default_rng(0)
    p = np.array([compare(rng.lognormal(size=6), rng.lognormal(size=5)).p for _ in range(2000)])
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() <= level + 3 * (level / 2000) ** 0.5


def test_sentences():
    """Kills: a verdict without its number of seeds, or p where it says nothing."""
    clear = compare([1.0, 2, 3, 4, 6.5], [5.0, 6, 7, 8, 9])
    assert clear.sentence("a", "b", "FD") == "a against b, FD: better in 23 of 25 pairs, p 0.032"
    unclear = compare([1.0, 3, 5, 7, 9], [2.0, 4, 6, 8, 10])
    assert unclear.sentence("a", "b", "FD") == (
        f"a against b, FD: not distinguishable at 5 seeds; about {unclear.seeds_needed} seeds would tell"
    )
    assert (
        compare([1.0], [1.0]).sentence("a", "b", "KD")
        == "a against b, KD: not distinguishable at 1 seed; no difference seen"
    )
    assert "at 3 against 2 seeds" in compare([1.0, 2, 3], [2.0, 2]).sentence("a", "b", "KD")
    tied = compare([1.0, 1, 1, 1, 5], [5.0, 6, 7, 8, 9])
    assert tied.sentence("a", "b", "FD") == "a against b, FD: better in 24 of 25 pairs, 1 equal, p 0.016"


def test_refuses_a_side_without_values():
    """Kills: p = 1 from nothing."""
    with pytest.raises(ValueError, match="got 0 values"):
        compare([], [1.0])


@settings(max_examples=30, deadline=None)
@given(few, few)
def test_the_probability_of_improvement_is_the_share_of_pairs_and_half_the_ties(first, second):
    """Kills: ties as wins or as losses, the sides swapped, an interval that is not mirrored."""
    ours, theirs = compare(first, second), compare(second, first)
    assert ours.probability == pytest.approx(np.mean([(x < y) + (x == y) / 2 for x in first for y in second]))
    low, high = ours.probability_interval
    assert 0 <= low <= ours.probability <= high <= 1
    assert theirs.probability_interval == pytest.approx((1 - high, 1 - low))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 20), st.integers(2, 20), st.floats(0.02, 0.98))
def test_the_ends_of_the_interval_are_t_deviations_away(n, m, seen):
    """Kills: the variance at what was seen (Wald), the normal quantile; Hanley and McNeil's form of the variance."""
    stats = pytest.importorskip("scipy.stats")
    t, k = stats.t.ppf(0.975, n + m - 2), (n + m) / 2 - 1
    for end in probability_interval(seen, n, m):
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
        variance = (end * (1 - end) + k * (q1 - end**2) + k * (q2 - end**2)) / (n * m)
        assert abs(end - seen) == pytest.approx(t * variance**0.5, rel=1e-6)


def test_the_variance_is_that_of_two_exponentials():
    """Kills: q1 and q2 mixed up, n m missing; the share of pairs won in 4,000 studies of 7 against 7 seeds."""
    from genbench.stats.pairs import _variance

    rng = np.random.default_rng(0)
    first, second = rng.exponential(size=(4000, 7, 1)), rng.exponential(size=(4000, 1, 7)) * 4
    shares = (first < second).mean(axis=(1, 2))
    assert shares.mean() == pytest.approx(0.8, abs=0.01)
    assert shares.var() == pytest.approx(_variance(0.8, 7, 7), rel=0.1)


def test_winning_every_pair_is_not_certainty():
    """Kills: a bootstrap or Wald interval, [1, 1] after complete separation of 5 seeds; one seed told as knowledge."""
    low, high = compare([1.0] * 5, [2.0] * 5).probability_interval
    assert (0.5 < low < 0.7, high) == (True, pytest.approx(1.0))
    assert compare([1.0], [2.0]).probability_interval == (0.0, 1.0)
    assert compare([1.0] * 3, [2.0] * 3).probability_interval[0] < 0.5


def _normal(mean, deviation):
    return lambda rng, shape: rng.normal(mean, deviation, shape)


def _two_modes(mean, share):
    return lambda rng, shape: rng.normal(mean, 1, shape) + 10 * (rng.random(shape) < share)


PAIRS = {  # two models each
    "equal": (_normal(0, 1), _normal(0, 1)),
    "apart": (_normal(0, 1), _normal(1.6, 1)),
    "far apart": (_normal(0, 1), _normal(2.5, 1)),
    "unequal spread": (_normal(0, 1), _normal(0.8, 3)),
    "lognormal": (lambda rng, shape: rng.lognormal(size=shape), lambda rng, shape: rng.lognormal(1, 1, shape)),
    "bimodal": (_two_modes(0, 0.1), _two_modes(1, 0.5)),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("n", [6, 10, 20])
def test_the_interval_covers_the_probability_of_improvement(n, pair):
    """Kills: bootstrap over seeds (0.39 to 0.93), Brunner-Munzel (0.42 to 0.95), the normal quantile (from 0.91)."""
    rng = np.random.default_rng(n)
    truth = np.searchsorted(np.sort(pair[1](rng, 10**6)), pair[0](rng, 10**6))
    truth = 1 - truth.mean() / 10**6
    wins = (pair[0](rng, (3000, n, 1)) < pair[1](rng, (3000, 1, n))).sum(axis=(1, 2))
    ends = {count: probability_interval(count / n**2, n, n) for count in set(wins.tolist())}
    assert np.mean([ends[count][0] <= truth <= ends[count][1] for count in wins.tolist()]) >= 0.93


SEEDS_OF_TOYS = {  # a toy's value at each seed: median (or mean) `level`, coefficient of variation 12 %
    "normal": lambda rng, level, shape: level * (1 + 0.12 * rng.normal(size=shape)),
    "lognormal": lambda rng, level, shape: level * np.exp(np.log(1 + 0.12**2) ** 0.5 * rng.normal(size=shape)),
}


@pytest.mark.parametrize("seeds", SEEDS_OF_TOYS.values(), ids=SEEDS_OF_TOYS)
def test_verdicts_among_toys_are_hardly_ever_wrong_and_mostly_there(seeds):
    """Kills: the better one mistaken, one-sided p, 20 % at CV 12 % missed at 10 seeds.

    Toys of quality 10, 10, 12 and 12: a verdict is wrong where it favours a worse one, or tells equal ones apart.
    """
    rng = np.random.default_rng(1)
    wrong, told = [], []
    for _ in range(250):
        toys = [(level, seeds(rng, level, 10)) for level in (10, 10, 12, 12)]
        for (one, ours), (other, theirs) in combinations(toys, 2):
            made = compare(ours, theirs)
            favours = made.distinguishable * (1 if made.probability > 0.5 else -1)
            (wrong if one == other else told).append(favours)
    assert np.mean(np.abs(wrong)) <= 0.05
    assert np.mean(np.array(told) < 0) <= 0.005
    assert np.mean(np.array(told) > 0) >= 0.80


def test_a_stricter_level_asks_for_more():
    """Kills: the level ignored in the verdict, or in the advice."""
    ours, theirs = [1.0, 2, 3, 4, 6.5], [5.0, 6, 7, 8, 9]
    strict = compare(ours, theirs, level=0.02)
    assert (compare(ours, theirs).distinguishable, strict.distinguishable, strict.level) == (True, False, 0.02)
    assert strict.seeds_needed > 5
    assert seeds_needed(0.8, more_than=5, level=0.015) > seeds_needed(0.8, more_than=5)
    assert seeds_needed(1.0, more_than=2, level=0.005) == 6


def test_holm_by_hand():
    """Kills: Bonferroni (0.04, 0.16, ...), a smaller p corrected to more than a larger one, the pairs' order lost."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.6]) == (1.0, 1.0)
    assert holm([]) == ()
    assert holm([0.03]) == (0.03,)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.999))  # at 1 nothing is corrected
def test_holm_rejects_what_stepping_down_rejects(ps, level):
    """Kills: stepping up (Hochberg), m - k for m - k + 1."""
    adjusted = holm(ps)
    rejected: set[int] = set()
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda index: ps[index])):
        if (len(ps) - rank) * ps[index] > level:
            break
        rejected.add(index)
    assert {index for index, p in enumerate(adjusted) if p <= level} == rejected
    assert all(p <= own for p, own in zip(ps, adjusted, strict=True))


def test_many_values_are_approximated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: 30 GB for two thousand seeds; an approximation of one side, or without the correction for ties."""
    random = np.random.default_rng(0)
    first, second = random.integers(0, 12, 60) * 1.0, random.integers(1, 13, 60) * 1.0
    exact = mann_whitney_p(first, second)
    monkeypatch.setattr(pairs, "EXACT_UP_TO", 119)
    assert mann_whitney_p(first, second) == pytest.approx(exact, rel=0.05)
    assert mann_whitney_p(np.arange(1000.0), np.arange(1000.0) + 30) < 0.05
