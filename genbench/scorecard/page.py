"""A score card for people and for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tabulate import tabulate

from genbench.metrics.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genbench.scorecard.card import Answer

ARROWS = {entry.metric: {"lower": "↓", "higher": "↑", "no": ""}[entry.better] for entry in CATALOGUE}


def to_json(card: Mapping[str, Answer]) -> str:
    """Return the answers by name, unrounded."""
    return json.dumps({name: answer.model_dump(mode="json") for name, answer in card.items()}, indent=1)


def to_text(card: Mapping[str, Answer]) -> str:
    """Return a table, what was warned of, and how to read both."""
    rows = [
        [f"{name} {ARROWS.get(name, '')}", _value(answer), _spread(answer), _floor(answer)]
        for name, answer in card.items()
    ]
    table = tabulate(rows, headers=["", "value", "± se, or [null]", "floor"], disable_numparse=True)
    notes = dict.fromkeys(f"{name}: {text}" for name, answer in card.items() for text in answer.warnings)
    identity = next(iter(card.values())).identity
    sizes = f"{identity.n_real or identity.n:,} real and {_most_samples(card):,} fake rows"
    told = [
        f"Compared: {sizes} in {identity.features} ({identity.features_hash[:8]}), real rows {identity.data[:8]}.",
        "How to read it: ↓ lower is better, ↑ higher is better; floor: the same between two random halves of REAL, "
        "which hold half as many rows, so that biased measures (fd) read higher there.",
    ]
    return "\n".join([table, "", *notes, *told])


def _most_samples(card: Mapping[str, Answer]) -> int:
    return max(answer.identity.n for answer in card.values())


def _value(answer: Answer) -> str:
    if answer.value is None:
        return "–"
    return ("YES" if answer.value else "no") if isinstance(answer.value, bool) else f"{answer.value:.6g}"


def _spread(answer: Answer) -> str:
    if answer.interval is not None:
        return f"[{answer.interval[0]:.3g}, {answer.interval[1]:.3g}]"
    return "" if answer.se is None else f"±{answer.se:.2g}"


def _floor(answer: Answer) -> str:
    return "" if answer.floor is None or answer.floor.value is None else f"{answer.floor.value:.6g}"
