"""Metrics: pure functions on feature rows [n, d]; they know no file, no device and no model."""
