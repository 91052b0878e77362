"""Train generative models under identical budgets and compare quality, stability and throughput."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.graphs import graphed
    from genbench.hookspecs import Likelihood, Task, hookimpl

__version__ = "0.1.0"
__all__ = ["Likelihood", "Task", "__version__", "graphed", "hookimpl"]

if not TYPE_CHECKING:  # so that a misspelt name stays an error to type checkers

    def __getattr__(name: str) -> object:
        """Import the contract when it is first used: pytest imports this package wherever it is installed."""
        if name not in __all__:
            raise AttributeError(f"module 'genbench' has no attribute '{name}'")
        if name == "graphed":
            from genbench.graphs import graphed

            return graphed
        from genbench import hookspecs

        return getattr(hookspecs, name)
