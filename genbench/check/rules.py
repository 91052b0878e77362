"""By what a check judges: error budgets, margins, looks. Part of a baseline, so that who is judged does not set them.

Two errors are bounded, each by a budget of its own: a FAIL where nothing changed by `alpha`, shared out among all gated
comparisons of a half, and a PASS where something became much worse by `beta`, for each comparison.

References:
    K. K. G. Lan, D. L. DeMets, Discrete Sequential Boundaries for Clinical Trials, Biometrika 70, 1983: alpha spending.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from genbench.refs import Frozen

if TYPE_CHECKING:
    from collections.abc import Collection

Share = Annotated[float, Field(gt=0, lt=1)]


class Rules(Frozen):
    """Thresholds of a check."""

    alpha: Share = 0.005  # false FAILs of each half, quality and throughput: together 1 % of all checks
    beta: Share = 0.05  # wrong PASSes of one comparison, in equal parts over its looks
    spending: tuple[Share, ...] = (0.4, 0.3, 0.3)  # of alpha, look by look
    pairs: tuple[Annotated[int, Field(ge=1)], ...] = (12, 24, 48)  # of processes, at each look
    seeds: tuple[Annotated[int, Field(ge=1)], ...] = (5, 10, 20)  # of the candidate, at each look
    least_seeds: int = Field(20, ge=20)  # of a baseline
    slower: Share = 0.05  # less never fails
    much_slower: Share = 0.10  # so much must not pass
    worse: Share = 0.10  # likewise for measures of quality, as ratios
    much_worse: Share = 0.25
    worse_deviations: float = Field(0.8, gt=0)  # likewise where a ratio means nothing, in deviations of the baseline
    much_worse_deviations: float = Field(2.0, gt=0)
    more_collapsed: Share = 0.6  # a rise of the rate of collapse that must not pass
    too_good: float = Field(3.0, ge=1)  # times the margin by which better is to be verified

    def promise(self, halves: Collection[str]) -> str:
        """Return how often a check of these halves errs at most; each has a budget of its own, so one at least."""
        much = {"throughput": f"{_percent(self.much_slower)} slower", "quality": f"{_percent(self.much_worse)} worse"}
        told = [each for half, each in much.items() if half in halves]
        return (
            f"unchanged code fails in at most {_percent(len(told) * self.alpha)} of checks; what is "
            f"{' or '.join(told)} passes in at most {_percent(self.beta)}"
        )

    @model_validator(mode="after")
    def _are_looks(self) -> Rules:
        for name, looks in (("pairs", self.pairs), ("seeds", self.seeds)):
            if len(looks) != len(self.spending) or any(later <= earlier for earlier, later in pairwise(looks)):
                raise ValueError(f"{name}: got {list(looks)}, expected {len(self.spending)} ascending looks")
        if sum(self.spending) > 1 + 1e-9:
            raise ValueError(f"spending: got {list(self.spending)}, expected shares that add up to 1 at most")
        return self


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
