"""The module leaves by `sys.exit` while it is imported, with the code of success."""

from __future__ import annotations

import sys

sys.exit(0)
