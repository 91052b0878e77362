"""Statistics over seeds: pure functions on a few numbers; a failed trial is a value that ranks worst, never a hole."""
