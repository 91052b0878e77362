"""A dependency is not installed."""

from __future__ import annotations

import a_module_that_nobody_has_installed  # noqa: F401
from genbench_badplugins.sound import build, kinds, sample, train

__all__ = ["build", "kinds", "sample", "train"]
