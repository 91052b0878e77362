"""What every model owes to the contract; `CHECKS` are in the order in which they are done."""

from genbench.testing.checks import (  # noqa: F401, I001  # each adds its own, in this order
    training,
    samples,
    noise,
    continuing,
    habits,
    asked,
    likelihoods,
    learning,
    costs,
)
from genbench.testing.checks.catalogue import CHECKS, Check

__all__ = ["CHECKS", "Check"]
