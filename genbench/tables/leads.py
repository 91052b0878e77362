"""Who leads where: the best median at every place of a curve, and whether the seeds tell it from the second."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from genbench.stats.pairs import compare
from genbench.tables.seeds import median
from genbench.tables.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.tables.columns import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point of the budget, with every model's values over seeds there."""

    title: str
    found: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who is first at a place."""

    title: str
    leader: str
    is_clear: bool  # the seeds tell it from the second


def leads(places: Sequence[Place], column: Column) -> tuple[Lead, ...]:
    """Return who leads by medians, place by place; places where all failed or two are level have no leader."""
    ordered = [(place, _order(place, column)) for place in places]
    return tuple(
        Lead(title=place.title, leader=order[0][1], is_clear=_is_clear(place, column))
        for place, order in ordered
        if math.isfinite(order[0][0]) and (len(order) < 2 or order[0][0] != order[1][0])
    )


def leaders(found: Sequence[Lead]) -> tuple[str, ...]:
    """Return who led, in turn."""
    return tuple(leader for leader, _ in groupby(each.leader for each in found))


def sentence(found: Sequence[Lead], opening: str = "", unit: str = "") -> str:
    """Return who leads where and where the lead changes hands; `unit` follows every place's title."""
    runs = [(leader, [each.title for each in own]) for leader, own in groupby(found, key=lambda each: each.leader)]
    if not runs:
        return ""
    parts = [_run(leader, own, index, len(runs), unit) for index, (leader, own) in enumerate(runs)]
    unsure = [each.title for each in found if not each.is_clear]
    if not unsure:
        return f"{opening}{', '.join(parts)}."
    where = "anywhere" if len(unsure) == len(found) else f"at {listed(unsure)}{unit}"
    return f"{opening}{', '.join(parts)}; the seeds cannot tell first from second {where}."


def _run(leader: str, own: Sequence[str], index: int, count: int, unit: str) -> str:
    first, last = own[0], own[-1]
    if count == 1:
        return f"{leader} leads throughout"
    if index == 0:
        return f"{leader} leads up to {last}{unit}"
    if index == count - 1:
        return f"{leader} from {first}{unit}"
    return f"{leader} at {first}{unit}" if first == last else f"{leader} from {first} to {last}{unit}"


def _order(place: Place, column: Column) -> list[tuple[float, str]]:
    sign = 1 if column.is_lower_better else -1
    return sorted((sign * median(found, column), label) for label, found in place.found.items())


def _is_clear(place: Place, column: Column) -> bool:
    """Whether the seeds tell the leader from the second."""
    order = _order(place, column)
    if len(order) < 2:
        return True
    first, second = (place.found[label] for _, label in order[:2])
    return compare(first, second, lower_is_better=column.is_lower_better).distinguishable
