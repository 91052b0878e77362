"""What went wrong: one line for every distinct failure, so that no trial is missing in silence."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from genbench.escaping import first_line, plain
from genbench.tables.words import listed, plural

if TYPE_CHECKING:
    from genbench.tables.blocks import Block

NO_RECORD = ("not run", "no record of it in these results")


def failures(block: Block) -> tuple[str, ...]:
    """Return lines as `gan: 2 trials DIVERGED (seeds 3 and 4): loss is nan at step 812`."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in block.rows:
        for seed in block.seeds:
            record = row.records.get(seed)
            if record is None:
                found[row.label, *NO_RECORD].append(seed)
            elif not record.is_ok:
                found[row.label, plain(record.status, 40), first_line(record.message)].append(seed)
    return tuple(
        f"{label}: {plural(len(seeds), 'trial')} {status} (seed{'s' * (len(seeds) > 1)} {_seeds(seeds)}): {reason}"
        for (label, status, reason), seeds in sorted(found.items())
    )


def _seeds(seeds: list[int]) -> str:
    shown = [str(seed) for seed in seeds[:10]]
    return listed(shown) if len(seeds) <= 10 else f"{', '.join(shown)}, …"
