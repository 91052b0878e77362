"""KeyboardInterrupt while the module is imported."""

from __future__ import annotations

raise KeyboardInterrupt
