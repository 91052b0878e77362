"""The conformance suite for authors of plugins: `check_model("mine")` in a test, `genbench test-plugin` in a shell."""

from genbench.testing.findings import Finding, Report
from genbench.testing.running import check_model

__all__ = ["Finding", "Report", "check_model"]
