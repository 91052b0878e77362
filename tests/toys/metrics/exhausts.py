"""A metric that takes all memory where samples are far away: the kernel then kills its process."""

import os
import signal


def score(real, fake):
    if fake.max() > 1_000:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0
