"""Nothing is marked as `sample`."""

from __future__ import annotations

from genbench_badplugins.sound import build, kinds, train

__all__ = ["build", "kinds", "train"]
