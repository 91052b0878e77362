from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.check.collapse import judge_collapse
from genbench.check.findings import Gate
from genbench.check.pairs import judge_pairs
from genbench.check.reachability import collapse_problem, pair_looks, pairs_problem, seeds_problem
from genbench.check.rules import Rules
from genbench.check.seeds import judge_seeds
from genbench.stats import rank_sum, signed_rank

RULES, NAN = Rules(), math.nan
GATE = Gate(model="m", data="d", measure="fd:classifier", better="lower")
ALPHAS = (0.05, 0.005, 0.0005)


def _one_look(alpha, *, pairs=12, seeds=5):
    return Rules(alpha=alpha, pairs=(pairs,), seeds=(seeds,), spending=(0.999,))


@pytest.mark.parametrize(("comparisons", "first"), [(1, 9), (4, 11), (8, 12), (16, 13), (32, 14), (64, 15)])
def test_the_first_look_follows_the_comparisons(comparisons, first):
    """Kills: the first look not recomputed for every split of alpha; these are the design's numbers."""
    rules = Rules(pairs=(6, 24, 48))
    assert pair_looks(comparisons, rules) == (first, 24, 48)
    assert pair_looks(comparisons, RULES) == (max(12, first), 24, 48)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1000), st.lists(st.integers(1, 40), min_size=3, max_size=3, unique=True))
def test_looks_ascend_and_the_first_can_fail(comparisons, planned):
    """Kills: a first look raised above the second; 2^-K a hair above the level called reachable."""
    rules = Rules(pairs=tuple(sorted(planned)))
    looks = pair_looks(comparisons, rules)
    assert all(later > earlier for earlier, later in pairwise(looks))
    assert all(look >= least for look, least in zip(looks, rules.pairs, strict=True))
    assert looks[0] == rules.pairs[0] or 0.5 ** (looks[0] - 1) > rules.alpha * rules.spending[0] / comparisons
    worst = judge_pairs([math.inf] * looks[0], look=0, comparisons=comparisons, rules=rules)
    assert worst.verdict == "FAIL"


@cache
def _least_signed(pairs):
    """Return the smallest p over all ways to sign pairs of distinct sizes."""
    signs = (np.arange(2**pairs)[:, None] >> np.arange(pairs) & 1) * 2 - 1
    return min(signed_rank.p_greater(each * np.arange(1, pairs + 1)) for each in signs)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("comparisons", [1, 8, 64])
def test_pairs_are_refused_where_enumeration_cannot_fail(alpha, comparisons):
    """Kills: a look at 6 pairs that is always green; < for <=, alpha not divided."""
    for pairs in range(1, 9):
        rules = _one_look(alpha, pairs=pairs)
        can_fail = _least_signed(pairs) <= alpha * rules.spending[0] / comparisons
        assert (pairs_problem(comparisons=comparisons, rules=rules) is None) is can_fail
    for pairs in range(9, 25):  # beyond enumeration: all of one sign
        rules = _one_look(alpha, pairs=pairs)
        can_fail = signed_rank.p_greater(np.arange(1.0, pairs + 1)) <= alpha * rules.spending[0] / comparisons
        assert (pairs_problem(comparisons=comparisons, rules=rules) is None) is can_fail


def test_the_sentence_on_pairs_names_what_is_needed():
    """Kills: a number that is refused in its turn; the first look's level for the last's."""
    rules = Rules(pairs=(4, 6, 10))
    said = pairs_problem(comparisons=8, rules=rules)
    assert said == (
        "pairs [4, 6, 10] could never fail: 10 reach p 0.00098 at best, but the last look of 1 of 8 comparisons has to "
        "reach 0.00019; plan 13 pairs for the last look, or gate fewer measures"
    )
    assert pairs_problem(comparisons=8, rules=Rules(pairs=(4, 6, 12))) is not None
    assert pairs_problem(comparisons=8, rules=Rules(pairs=(4, 6, 13))) is None


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("comparisons", [1, 8, 64])
def test_seeds_are_refused_where_enumeration_cannot_fail(alpha, comparisons):
    """Kills: 3 against 5 seeds, which reach 1/56 at best, called a gate; > for >=, a level not divided."""
    for n_baseline in range(1, 22, 2):
        baseline = np.linspace(1, 1.1, n_baseline)
        for n_candidate in (1, 2, 3, 4, 5, 8, 12, 20):
            rules = _one_look(alpha, seeds=n_candidate)
            least = 1 / math.comb(n_baseline + n_candidate, n_candidate)
            found = seeds_problem(baseline.tolist(), gate=GATE, comparisons=comparisons, rules=rules)
            assert (found is None) is (least <= alpha * rules.spending[0] / comparisons)


@cache
def _least_dealt(first, second):
    """Return the smallest p over all values of which each is one of three."""
    values = [[float(each // 3**place % 3) for place in range(first + second)] for each in range(3 ** (first + second))]
    return min(rank_sum.p_greater(each[:first], each[first:]) for each in values)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 4), (2, 3), (3, 3), (3, 4)])
def test_separation_is_the_smallest_p_there_is(first, second):
    """Kills: a smallest p that some other values undercut."""
    assert _least_dealt(first, second) == pytest.approx(rank_sum.smallest_p(first, second))


@pytest.mark.parametrize("failed", range(0, 21, 2))
def test_a_baseline_that_fails_itself_is_refused(failed):
    """Kills: the smallest p of separation, which seeds that fail on both sides cannot reach."""
    baseline = [1.0 + i / 100 for i in range(20 - failed)] + [NAN] * failed
    worst = [
        judge_seeds([None] * seeds, baseline, gate=GATE, look=look, comparisons=6, rules=RULES).verdict
        for look, seeds in enumerate(RULES.seeds)
    ]
    said = seeds_problem(baseline, gate=GATE, comparisons=6, rules=RULES)
    assert (said is None) is ("FAIL" in worst)
    assert (said is None) is (failed <= 10)
    assert said is None or f"of which {failed} failed" in said


def test_the_sentence_on_seeds_names_what_is_needed():
    """Kills: numbers that are refused in their turn."""
    said = seeds_problem([1.0, 2, 3, 4, 5], gate=GATE, comparisons=4, rules=Rules(seeds=(1, 2, 3)))
    assert said == (
        "m on d: fd:classifier could never fail: 3 seeds against 5 of the baseline reach p 0.018 at best, but the last "
        "look of 1 of 4 comparisons has to reach 0.00038; plan 10 seeds for the last look or 24 for the baseline"
    )
    more = [float(i) for i in range(24)]
    assert seeds_problem([1.0, 2, 3, 4, 5], gate=GATE, comparisons=4, rules=Rules(seeds=(1, 2, 9))) is not None
    assert seeds_problem([1.0, 2, 3, 4, 5], gate=GATE, comparisons=4, rules=Rules(seeds=(1, 2, 10))) is None
    assert seeds_problem(more[1:], gate=GATE, comparisons=4, rules=Rules(seeds=(1, 2, 3))) is not None
    assert seeds_problem(more, gate=GATE, comparisons=4, rules=Rules(seeds=(1, 2, 3))) is None


@pytest.mark.parametrize("comparisons", [1, 6])
@pytest.mark.parametrize("n_baseline", [5, 20])
def test_collapse_is_refused_where_it_cannot_fail(comparisons, n_baseline):
    """Kills: Fisher's p of the other tail, a baseline that collapses itself taken for a gate."""
    for collapsed in range(n_baseline + 1):
        baseline = [i < collapsed for i in range(n_baseline)]
        worst = [
            judge_collapse([True] * seeds, baseline, look=look, comparisons=comparisons, rules=RULES).verdict
            for look, seeds in enumerate(RULES.seeds)
        ]
        said = collapse_problem(collapsed, n_baseline, comparisons=comparisons, rules=RULES)
        assert (said is None) is ("FAIL" in worst)


def test_the_sentence_on_collapse():
    """Kills: advice to plan seeds where none would do."""
    assert "leave collapse out of the gate" in collapse_problem(20, 20, comparisons=6, rules=RULES)
    said = collapse_problem(12, 20, comparisons=6, rules=RULES)
    assert "12 of 20 seeds of the baseline collapsed, against which 20 of 20 reach p 0.0016 at best" in said
    needed = int(said.split("plan ")[1].split()[0])
    assert collapse_problem(12, 20, comparisons=6, rules=Rules(seeds=(5, 10, needed - 1))) is not None
    assert collapse_problem(12, 20, comparisons=6, rules=Rules(seeds=(5, 10, needed))) is None
