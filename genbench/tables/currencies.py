"""What a training had spent at its photographs, in every currency, and why that cannot always be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from genbench.escaping import plain
from genbench.tables.words import Style, finite, listed

if TYPE_CHECKING:
    from genbench.record import Record, Spend
    from genbench.tables.blocks import Block

Currency = Literal["seconds", "flops", "examples", "updates", "energy"]
CURRENCIES: tuple[Currency, ...] = get_args(Currency)
NAMES: dict[Currency, str] = {
    "seconds": "seconds",
    "flops": "FLOPs",
    "examples": "examples",
    "updates": "updates",
    "energy": "joules",
}
STYLES: dict[Currency, Style] = {"flops": "size", "examples": "count", "updates": "count"}
UNITS: dict[Currency, str] = {"seconds": " s", "energy": " J"}  # after a number; the others by their names
SHARED = "the machine was shared, so that its {name} mean nothing: run again with --workers 1, or a budget in seconds"
MISSING: dict[Currency, str] = {
    "seconds": "a trial did not tell its seconds",
    "flops": "FLOPs come from the probe: run without --no-probe",
    "examples": "a trial did not tell its hand-outs",
    "updates": "no optimiser's steps were seen",
    "energy": "the device did not count its energy",
}


def spent_at(record: Record, fraction: float, currency: Currency) -> float | None:
    """Return what had been spent at a photograph, None where it was not counted or the trial did not come so far.

    FLOPs follow the examples exactly, since they are counted per example; updates are those of all networks together,
    without networks that no optimiser was seen to step.
    """
    if currency == "seconds":
        return seconds_at(record, fraction)
    if currency == "energy":
        return _joules_at(record, fraction)
    if currency == "updates":
        return _updates_at(record, fraction)
    steps = steps_at(record, fraction)
    if steps is None:
        return None
    examples = float(steps * record.trial.model.batch_size)
    return examples if currency == "examples" else _flops(record.spend, examples)


def steps_at(record: Record, fraction: float) -> int | None:
    """Return the hand-outs that a photograph contains, None where the trial did not come so far."""
    found = next((mark.steps for mark in record.marks if mark.fraction == fraction), None)
    return record.spend.steps if found is None and fraction == 1 and record.spend is not None else found


def seconds_at(record: Record, fraction: float) -> float | None:
    """Return the charged seconds at a photograph, None where there is none or the machine was shared."""
    if record.spend is None or record.spend.is_shared:
        return None
    found = next((mark.seconds for mark in record.marks if mark.fraction == fraction), None)
    return record.spend.seconds if found is None and fraction == 1 else found


def unknown(block: Block, currency: Currency) -> str | None:
    """Return why a block's spending cannot be told in a currency; None where that of every good trial can."""
    spends = [record.spend for record in block.records if record.is_ok and record.spend is not None]
    if currency in ("seconds", "energy") and any(each.is_shared for each in spends):
        return SHARED.format(name=NAMES[currency])
    lacking = [row.label for row in block.rows if any(spent_at(each, 1.0, currency) is None for each in row.ok)]
    return f"{MISSING[currency]} ({listed(lacking)})" if lacking else None


def left_out(block: Block) -> str | None:
    """Return which networks are not in the sum of updates, since no optimiser was seen to step them."""
    unseen = {
        f"{plain(name, 16)} of {row.label}"
        for row in block.rows
        for record in row.ok
        if record.spend is not None
        for name, count in record.spend.updates.items()
        if count == "unobserved"
    }
    return f"Updates leave out {listed(sorted(unseen))}: no optimiser was seen to step them." if unseen else None


def _joules_at(record: Record, fraction: float) -> float | None:
    if record.spend is None or record.spend.is_shared:
        return None
    found = next((mark.joules for mark in record.marks if mark.fraction == fraction), None)
    return finite(record.spend.joules if found is None and fraction == 1 else found)


def _updates_at(record: Record, fraction: float) -> float | None:
    found = next((mark.updates for mark in record.marks if mark.fraction == fraction), None)
    if found is None and fraction == 1 and record.spend is not None:
        found = record.spend.updates
    seen = [count for count in (found or {}).values() if count != "unobserved"]
    return float(sum(seen)) if seen else None


def _flops(spend: Spend | None, examples: float) -> float | None:
    if spend is None or spend.flops is None or not spend.examples:
        return None
    return spend.flops * examples / spend.examples
