"""Has it regressed? Verdicts with stated error rates, on quality by seeds and on throughput by pairs of processes."""
