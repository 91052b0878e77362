"""A metric of which more is better, with chance and a warning of its own."""

from genbench.metrics.score import Score

BETTER = "higher"


def score(real, fake, rng):
    chosen = rng.integers(0, len(real), 50)
    value = float((abs(real[chosen] - fake[chosen]) < 1).mean())
    return Score(value=value, se=0.01, warnings=("a toy",))
