"""One side of a comparison, in a process of its own: `python -m benchmarks.side MODULE:FUNCTION SETTINGS`."""

from __future__ import annotations

import importlib
import json
import sys

from benchmarks.pacing import Pacer


def main() -> None:
    """Call the function with a pacer and the settings."""
    module, _, function = sys.argv[1].partition(":")
    pacer = Pacer()
    getattr(importlib.import_module(f"benchmarks.{module}"), function)(pacer, **json.loads(sys.argv[2]))


if __name__ == "__main__":
    main()
