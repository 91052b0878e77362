import numpy as np

from genbench.data.dataset import Part, Raw


def load():
    rows = np.random.randn(300, 2).astype("f4")
    return Raw(
        kind="points", train=Part(rows=rows[:200]), validation=Part(rows=rows[200:]), held_out=Part(rows=rows[:100])
    )
