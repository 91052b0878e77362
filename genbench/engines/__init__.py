"""Engines run calls in processes of their own: a call in, its end out."""

from genbench.engines.call import Call, Ended, Limits
from genbench.engines.engine import Engine
from genbench.engines.local import LocalEngine

__all__ = ["Call", "Ended", "Engine", "Limits", "LocalEngine"]
