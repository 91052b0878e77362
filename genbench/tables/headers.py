"""What holds for every number of a page: budget, seeds and machine, as its header and its captions state them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.escaping import plain
from genbench.tables.tuning import tuned_words
from genbench.tables.words import listed, number, plural

if TYPE_CHECKING:
    from genbench.tables.blocks import Block


def header(block: Block) -> tuple[str, ...]:
    """Return the parts of a page's first line."""
    return (
        plain(block.trial.data.name),
        f"{budget(block)} each",
        f"batch {listed([number(batch, 'count') for batch in batches(block)])}",
        plural(len(block.seeds), "seed"),
        *tuned_words(block),
        *machine(block),
    )


def caption(block: Block) -> str:
    """Return data, budget and seeds in one sentence."""
    data = f"{plain(block.trial.data.name)} {plain(block.trial.data.hash)[:8]}"
    return f"{data}, {budget(block)} for each training, {seeds(block)}; run {plain(block.run)}."


def seeds(block: Block) -> str:
    """Return how many seeds and which."""
    return f"{plural(len(block.seeds), 'seed')} ({', '.join(map(str, block.seeds))})"


def batches(block: Block) -> list[int]:
    """Return the batch sizes of the models that could be validated; the others never had one."""
    valid = [row.model for row in block.rows if row.model.hooks] or [row.model for row in block.rows]
    return sorted({model.batch_size for model in valid})


def budget(block: Block) -> str:
    """Return the budget, and where all hand-outs have as many rows what it is in the other exact currency."""
    given, sizes = block.trial.budget, batches(block)
    amount = number(given.amount, "count" if given.unit in ("steps", "examples") else "number")
    said = f"{amount} {'FLOPs' if given.unit == 'flops' else 's' if given.unit == 'seconds' else given.unit}"
    if len(sizes) > 1 or given.unit not in ("steps", "examples"):
        return said
    steps = given.hand_outs(sizes[0])
    if given.unit == "steps":
        return f"{said} = {number(steps * sizes[0], 'count')} examples"
    return f"{said} = {number(steps, 'count')} steps"


def machine(block: Block) -> tuple[str, ...]:
    """Return where the trials ran, every kind of device named."""
    trial = block.trial
    names = sorted({plain(record.environment.device_name, 40) for record in block.records})
    device = "cpu" if trial.device == "cpu" else listed(names)
    settings = [trial.precision] * (trial.precision != "fp32") + ["compiled"] * trial.compile
    settings += [f"matmul {trial.matmul}"] * (trial.matmul != "highest")
    return (f"{device}, {plural(trial.threads, 'thread')} a trial", *settings)
