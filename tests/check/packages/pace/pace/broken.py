"""A model that cannot be imported."""

raise ImportError("on purpose")
