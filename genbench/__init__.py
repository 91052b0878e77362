"""Train generative models under identical budgets and compare quality, stability and throughput."""

from genbench.hookspecs import Likelihood, Task, hookimpl

__version__ = "0.1.0"
__all__ = ["Likelihood", "Task", "__version__", "hookimpl"]
