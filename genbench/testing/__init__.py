"""The conformance suite for authors of plugins: `check_model("mine")` in a test, `genbench test-plugin` in a shell."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.testing.datasets import check_dataset
    from genbench.testing.features import check_features
    from genbench.testing.findings import Finding, Report
    from genbench.testing.metrics import check_metric
    from genbench.testing.observers import check_observer
    from genbench.testing.running import check_model

__all__ = ["Finding", "Report", "check_dataset", "check_features", "check_metric", "check_model", "check_observer"]
PLACES = {
    "Finding": "findings",
    "Report": "findings",
    "check_dataset": "datasets",
    "check_features": "features",
    "check_metric": "metrics",
    "check_model": "running",
    "check_observer": "observers",
}

if not TYPE_CHECKING:  # so that a misspelt name stays an error to type checkers

    def __getattr__(name: str) -> object:
        """Import a check when it is first used: the command line needs none of what the others import."""
        if name not in PLACES:
            raise AttributeError(f"module 'genbench.testing' has no attribute '{name}'")
        return getattr(import_module(f"genbench.testing.{PLACES[name]}"), name)
