"""Which trials collapsed and when: recall, diversity and repetition against the floor of the same split and N."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.stats.stability import is_collapsed
from genbench.tables.blocks import short_name
from genbench.tables.words import finite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genbench.record import Record, Reference
    from genbench.refs import Split
    from genbench.tables.blocks import Block
    from genbench.tables.columns import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What real rows reach in a model's place, and against which split."""

    split: Split
    features: str
    recall: float
    diversity: float | None

    def holds(self, record: Record, mark: float) -> bool | None:
        """Whether a trial's samples had collapsed at a mark, None where their recall was not measured."""
        recall = self._measure(record, "recall", mark)
        if recall is None:
            return None
        repeated = [each for name in _duplicates(record) if (each := self._value(record, name, mark)) is not None]
        diversity = self._measure(record, "vendi_fake", mark) if self.diversity is not None else None
        return is_collapsed(
            recall,
            self.recall,
            repeated[0] if repeated else 0.0,
            diversity=diversity,
            floor_diversity=self.diversity if diversity is not None else None,
        )

    def _measure(self, record: Record, metric: str, mark: float) -> float | None:
        return self._value(record, f"{metric}:{self.features}", mark)

    def _value(self, record: Record, name: str, mark: float) -> float | None:
        return finite(record.measure(name, split=self.split, mark=mark))


def rule(block: Block, column: Column) -> Rule | None:
    """Return the rule in the features of a column, None where recall or the floor's was not measured."""
    return rule_of(block.records, block.reference, column.name.partition(":")[2])


def rule_of(records: Iterable[Record], reference: Reference | None, features: str) -> Rule | None:
    """Return the rule for some trials of one data set, None where recall or the floor's was not measured.

    On validation, as all rules of stability; on held-out rows where trials and floor were measured on those alone.
    """
    records = tuple(records)
    splits: tuple[Split, ...] = ("validation", "held_out")
    for split in splits:
        name = f"recall:{features}"
        recall, _ = _floor(reference, name, split)
        if recall is not None and any(finite(record.measure(name, split=split)) is not None for record in records):
            diversity, _ = _floor(reference, f"vendi_fake:{features}", split)
            return Rule(split=split, features=features, recall=recall, diversity=diversity)
    return None


def floor(block: Block, name: str, split: Split = "held_out") -> tuple[float | None, float | None]:
    """Return the floor's value and deviation, None where they were not measured."""
    return _floor(block.reference, name, split)


def _floor(reference: Reference | None, name: str, split: Split) -> tuple[float | None, float | None]:
    measures = reference.measures.get("floor", ()) if reference is not None else ()
    for each in measures:
        if (short_name(each.identity), each.identity.split) == (name, split):
            return finite(each.value), finite(each.se)
    return None, None


def _duplicates(record: Record) -> list[str]:
    """Return the short names under which a trial's repeated samples were counted."""
    names = dict.fromkeys(short_name(each.identity) for each in record.measures)
    return [name for name in names if name.startswith("duplicates:")]
