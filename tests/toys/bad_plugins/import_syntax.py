"""A source that does not parse."""

from __future__ import annotations

compile("def build(task:", "networks.py", "exec")
