from __future__ import annotations

from genbench.tables.blocks import blocks
from genbench.tables.failures import failures


def test_one_line_for_every_distinct_failure(built):
    message = "genbench-vae 0.1 [vae] train: loss is nan\nTraceback"
    records = [built.record(built.trial("vae", seed), status="DIVERGED", message=message) for seed in (0, 2)]
    records.append(built.record(built.trial("vae", 1), status="OOM(host)"))
    records.append(built.record(built.trial("gan", 3)))
    (block,) = blocks(records, {}, run="r")
    assert failures(block) == (
        "gan: 3 trials not run (seeds 0, 1 and 2): no record of it in these results",
        "vae: 2 trials DIVERGED (seeds 0 and 2): genbench-vae 0.1 [vae] train: loss is nan",
        "vae: 1 trial OOM(host) (seed 1): no message",
        "vae: 1 trial not run (seed 3): no record of it in these results",
    )


def test_many_seeds_are_cut(built):
    records = [built.record(built.trial("vae", seed), status="OOM(host)", message="full") for seed in range(30)]
    (block,) = blocks(records, {}, run="r")
    assert failures(block) == ("vae: 30 trials OOM(host) (seeds 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …): full",)
