"""The decisions of the gate for thousands of checks at once, from tables of p; each is held against the real ones."""

from __future__ import annotations

from functools import cache

import numpy as np

from genbench.check.levels import tolerable_level, worse_level
from genbench.check.reachability import pair_looks
from genbench.stats.counting import ways_to_choose, ways_to_sum
from genbench.stats.proportions import fisher_p_greater, non_inferiority_p

FAIL, PASS, UNDECIDED = 1, -1, 0


@cache
def signed_rank_table(pairs):
    """Return p by the sum of positive ranks."""
    ways = ways_to_sum(tuple(range(1, pairs + 1)))
    return np.cumsum(ways[::-1])[::-1] / 2.0**pairs


def signed_rank_p(differences):
    """Return p for [draws, pairs] without ties."""
    ranks = np.abs(differences).argsort(axis=1).argsort(axis=1) + 1
    return signed_rank_table(differences.shape[1])[np.where(differences > 0, ranks, 0).sum(axis=1)]


def walsh_median(differences):
    first, second = np.triu_indices(differences.shape[1])
    return np.median((differences[:, first] + differences[:, second]) / 2, axis=1)


def pair_verdicts(slowdowns, comparisons, rules, *, alpha_is_shared=True, centre=walsh_median):
    """Return verdicts and pairs used for [draws, pairs of the last look]; the keywords plant bugs."""
    verdicts, used = np.zeros(len(slowdowns), dtype=int), np.full(len(slowdowns), slowdowns.shape[1])
    for look, pairs in enumerate(pair_looks(comparisons, rules)):
        left = np.flatnonzero(verdicts == UNDECIDED)
        seen = slowdowns[left, :pairs]
        level = worse_level(look, comparisons if alpha_is_shared else 1, rules)
        is_worse = signed_rank_p(seen) <= level
        is_worse[is_worse] = centre(seen[is_worse]) >= np.log1p(rules.slower)
        is_tolerable = signed_rank_p(np.log1p(rules.much_slower) - seen) <= tolerable_level(rules)
        verdicts[left] = np.where(is_worse, FAIL, np.where(is_tolerable, PASS, UNDECIDED))
        used[left] = pairs
    return verdicts, used


@cache
def rank_sum_table(first, second, failed):
    """Return p by the number of pairs won, ties by half, doubled; so many of all values tie at the top."""
    whole = first + second
    doubled = [*range(2, 2 * (whole - failed) + 1, 2), *[2 * whole - failed + 1] * failed]
    ways = ways_to_choose(tuple(doubled), first)
    return (np.cumsum(ways[::-1])[::-1] / ways.sum())[first * (first + 1) :]


def rank_sum_p(first, second):
    """Return p for [draws, n] against [draws, m], whose only ties are infinities."""
    ours, theirs = first[:, :, None], second[:, None, :]
    won = 2 * (ours > theirs).sum(axis=(1, 2)) + (ours == theirs).sum(axis=(1, 2))
    failed = np.isinf(first).sum(axis=1) + np.isinf(second).sum(axis=1)
    p = np.empty(len(first))
    for number in np.unique(failed):
        here = failed == number
        p[here] = rank_sum_table(first.shape[1], second.shape[1], int(number))[won[here]]
    return p


def median_shift(first, second):
    with np.errstate(invalid="ignore"):
        differences = (first[:, :, None] - second[:, None, :]).reshape(len(first), first.shape[1] * second.shape[1])
    return np.median(np.where(np.isnan(differences), 0.0, differences), axis=1)


def seed_verdicts(candidate, baseline, comparisons, rules, *, slight, margin):
    """Return verdicts and seeds used for badness [draws, seeds of the last look] against [draws, baseline]."""
    verdicts, used = np.zeros(len(candidate), dtype=int), np.full(len(candidate), candidate.shape[1])
    for look, seeds in enumerate(rules.seeds):
        left = np.flatnonzero(verdicts == UNDECIDED)
        ours, theirs = candidate[left, :seeds], baseline[left]
        is_worse = rank_sum_p(ours, theirs) <= worse_level(look, comparisons, rules)
        is_worse[is_worse] = median_shift(ours[is_worse], theirs[is_worse]) >= slight
        is_tolerable = rank_sum_p(theirs + margin, ours) <= tolerable_level(rules)
        verdicts[left] = np.where(is_worse, FAIL, np.where(is_tolerable, PASS, UNDECIDED))
        used[left] = seeds
    return verdicts, used


def shares(verdicts):
    """Return the shares of FAIL, PASS and undecided."""
    return tuple(float((verdicts == each).mean()) for each in (FAIL, PASS, UNDECIDED))


@cache
def _collapse_p(candidate, baseline, margin):
    return fisher_p_greater(candidate, baseline), non_inferiority_p(candidate, baseline, margin=margin)


def collapse_verdicts(candidate, baseline, comparisons, rules):
    """Return verdicts for [draws, seeds of the last look] against [draws, baseline] of collapsed or not."""
    verdicts = np.zeros(len(candidate), dtype=int)
    for look, seeds in enumerate(rules.seeds):
        for draw in np.flatnonzero(verdicts == UNDECIDED):
            ours, theirs = (int(candidate[draw, :seeds].sum()), seeds), (int(baseline[draw].sum()), baseline.shape[1])
            worse, tolerable = _collapse_p(ours, theirs, rules.more_collapsed)
            is_worse, is_tolerable = worse <= worse_level(look, comparisons, rules), tolerable <= tolerable_level(rules)
            verdicts[draw] = FAIL if is_worse else PASS if is_tolerable else UNDECIDED
    return verdicts
