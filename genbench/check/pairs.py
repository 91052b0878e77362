"""Throughput: is the candidate slower, by pairs of fresh processes whose order within the pair was a coin flip?

That flip alone makes the test exact: where nothing changed, each log ratio could as well have had the other sign, under
any drift, load and shape of noise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from genbench.check.badness import as_share
from genbench.check.decision import Decision
from genbench.check.detectable import pairs_after
from genbench.check.levels import check_count, tested
from genbench.check.reachability import pair_looks
from genbench.stats.signed_rank import p_greater, shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.check.rules import Rules


def judge_pairs(slowdowns: Sequence[float], *, look: int, comparisons: int, rules: Rules) -> Decision:
    """Decide whether the candidate is slower, from all pairs that were planned up to this look.

    A process that failed is slower than any. Where the candidate's did, both tests count it as that. Where the
    baseline's did, the test for FAIL counts it likewise, since an unchanged candidate fails as often; the test for PASS
    leaves the pair out, which says nothing of how fast the candidate is. Where both did, neither test has the pair.
    Fewer pairs reach no smaller p: what is left may be too few to decide, and never decides more boldly.

    Args:
        slowdowns: ln(time of the candidate / time of the baseline) of each pair, positive where it is slower; inf where
            the candidate failed, -inf where the baseline failed, NaN where both did.
        look: which of the planned looks, from 0.
        comparisons: of throughput that are gated.
        rules: of the check.

    Returns:
        Effects as shares of time: 0.1 is 10 % slower. `n` counts processes that measured something. NaN where no pair
        says anything.

    Raises:
        ValueError: another number of pairs than planned for this look, no such look, no comparisons.
    """
    check_count(len(slowdowns), pair_looks(comparisons, rules), look, "pairs")
    seen = np.asarray(slowdowns, dtype=np.float64)
    known = seen[~np.isnan(seen)]
    centre = shift(known)
    tests = tested(
        p_greater(known),
        p_greater(math.log1p(rules.much_slower) - known[known > -math.inf]),
        is_enough=centre.estimate >= math.log1p(rules.slower),
        look=look,
        comparisons=comparisons,
        rules=rules,
    )
    return Decision(
        **tests,
        effect=as_share(centre.estimate),
        interval=(as_share(centre.low), as_share(centre.high)),
        n=(int((known > -math.inf).sum()), int((known < math.inf).sum())),
        detectable=pairs_after(centre, len(known), comparisons=comparisons, rules=rules),
        is_too_good=centre.estimate <= -rules.too_good * math.log1p(rules.much_slower),
    )


def is_host_biased(control_slowdowns: Sequence[float], decision: Decision, rules: Rules) -> bool:
    """Whether a copy of the baseline, put in the candidate's place, seems as slow by half of what fails.

    Two equal builds at two places may differ for real (Mytkowicz, Diwan, Hauswirth, Sweeney, Producing Wrong Data
    Without Doing Anything Obviously Wrong, 2009). A control that says nothing clears nobody.

    Args:
        control_slowdowns: as of `judge_pairs`, of the copy against the baseline.
        decision: that is to be doubted.
        rules: of the check.
    """
    seen = np.asarray(control_slowdowns, dtype=np.float64)
    centre = shift(seen[~np.isnan(seen)]).estimate
    return not as_share(centre) * math.copysign(1.0, decision.effect) < rules.slower / 2
