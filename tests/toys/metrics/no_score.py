"""A metric that is none."""
