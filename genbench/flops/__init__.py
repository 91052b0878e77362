"""Count the floating-point operations that a piece of code really executes."""

from genbench.flops.counter import FlopCounter

__all__ = ["FlopCounter"]
