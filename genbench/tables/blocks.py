"""From records to blocks: what may stand in one table, one row a model, one record a seed."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

from genbench.errors import ResultsError
from genbench.escaping import plain
from genbench.tables.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from genbench.record import Identity, Measure, Record, Reference, Trial
    from genbench.refs import ModelRef, Split

Key = tuple[str, str, str, float]  # short name, split, variant, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model with one set of options: its newest record for every seed, and its probe."""

    label: str
    model: ModelRef
    records: dict[int, Record]  # by seed; a seed without a record counts as failed
    measures: dict[int, dict[Key, Measure]]  # of every record, by what each is a number of
    probe: Record | None = None

    @property
    def ok(self) -> tuple[Record, ...]:
        """Return the records of the trials that were done well, by seed."""
        return tuple(record for record in self.records.values() if record.is_ok)

    @property
    def spent(self) -> tuple[Record, ...]:
        """Return the records that state what was charged: of good trials, or of failed ones where none is good."""
        return tuple(each for each in self.ok or self.records.values() if each.spend is not None)

    def measure(self, seed: int, name: str, split: str, variant: str | None, mark: float) -> Measure | None:
        """Return a trial's number; `variant` None is the headline one, fixed before training."""
        wanted = self.model.variants[0] if variant is None else variant
        return self.measures.get(seed, {}).get((name, split, wanted, mark))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One comparison: trials that differ in nothing but model and seed."""

    run: str
    trial: Trial  # any of them: data, budget, marks, device are those of all
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]  # by label
    reference: Reference | None
    identities: dict[tuple[str, Split], Identity]  # by short name and split: ("fd:classifier", "held_out")
    marks: dict[tuple[str, str], tuple[float, ...]]  # fractions of the budget at which each was taken
    directions: dict[str, Literal["lower", "higher"]]  # of third parties' measures, by short name, where they say
    looks: tuple[int, ...] = ()  # seeds at which the run was planned to be looked at
    absent: tuple[str, ...] = ()  # models that do not support this kind of data
    tuning: tuple[Record, ...] = ()  # of the configurations that its models were chosen from

    def names(self, split: Split = "held_out") -> tuple[str, ...]:
        """Return the short names of what was measured against a split."""
        return tuple(name for name, own in self.identities if own == split)

    @property
    def records(self) -> tuple[Record, ...]:
        """Return every scored record."""
        return tuple(record for row in self.rows for record in row.records.values())


def blocks(
    records: Iterable[Record],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
) -> tuple[Block, ...]:
    """Return the records as blocks, whatever their order.

    Args:
        records: in any order; of several attempts at a trial the last one counts.
        references: floors and controls by the data set's name.
        run: the run's id.
        looks: seeds at which the run was planned to be looked at.
        absent: (model, data set) of a kind of data that the model does not support.

    Raises:
        ResultsError: there is nothing to show, or numbers of one data set have different identities.
    """
    newest = _newest(records)
    scored: dict[str, list[Record]] = defaultdict(list)
    for record in newest:
        if record.trial.purpose == "score":
            scored[_condition(record.trial)].append(record)
    probes = [record for record in newest if record.trial.purpose == "probe"]
    if not scored:
        raise ResultsError(f"run {plain(run)} holds no scored trial; expected at least one record with purpose 'score'")
    tuning = [record for record in newest if record.trial.purpose == "tune" and record.trial.tuned is not None]
    made = [_block(group, probes, references, run, tuning) for group in scored.values()]
    ordered = sorted(made, key=lambda block: (block.trial.data.name, str(block.trial.budget), _condition(block.trial)))
    return tuple(
        replace(block, looks=looks, absent=tuple(model for model, data in absent if data == block.trial.data.name))
        for block in ordered
    )


def short_name(identity: Identity) -> str:
    """Return `fd:classifier`."""
    return f"{identity.metric}:{identity.features}"


def _newest(records: Iterable[Record]) -> list[Record]:
    """Return the last attempt of every trial, ordered by the trials' ids."""
    found: dict[str, Record] = {}
    for record in records:
        known = found.get(record.trial.id)
        if known is not None and known.attempt == record.attempt and known != record:
            raise ResultsError(
                f"trial {record.trial.id} has two different records of attempt {record.attempt}; expected one: "
                "were two results folders laid over each other? `genbench validate` says which file is not its own"
            )
        if known is None or known.attempt < record.attempt:
            found[record.trial.id] = record
    return [found[key] for key in sorted(found)]


def _condition(trial: Trial) -> str:
    """Return what trials of one block share: all but the model and the seed."""
    kept = trial.model_dump(mode="json", exclude={"model", "seed", "tuned"})
    return json.dumps(kept, sort_keys=True)


def _block(
    group: list[Record], probes: list[Record], references: Mapping[str, Reference], run: str, tuning: list[Record]
) -> Block:
    trial = group[0].trial
    reference = references.get(trial.data.name)
    if reference is not None and reference.data.hash != trial.data.hash:
        reference = None  # a reference to other rows says nothing here
    rows = _rows(group, [probe for probe in probes if _is_same_machine(probe.trial, trial)])
    return Block(
        run=run,
        trial=trial,
        seeds=tuple(sorted({record.trial.seed for record in group})),
        rows=rows,
        reference=reference,
        identities=_identities(group, reference),
        marks=_marks(rows),
        tuning=tuple(each for each in tuning if _is_tried_like(each.trial, trial)),
        directions={short_name(each.identity): each.better for each in _all(rows) if each.better is not None},
    )


def _all(rows: Iterable[Row]) -> Iterator[Measure]:
    return (measure for row in rows for known in row.measures.values() for measure in known.values())


def _marks(rows: Iterable[Row]) -> dict[tuple[str, str], tuple[float, ...]]:
    found: dict[tuple[str, str], set[float]] = defaultdict(set)
    for name, split, _, mark in (key for row in rows for known in row.measures.values() for key in known):
        found[name, split].add(mark)
    return {key: tuple(sorted(taken)) for key, taken in found.items()}


def _indexed(record: Record) -> dict[Key, Measure]:
    """Return a record's measures by what they are numbers of; of several the first that has a value."""
    known: dict[Key, Measure] = {}
    for each in record.measures:
        key = (short_name(each.identity), each.identity.split, each.variant, each.mark)
        if key not in known or known[key].value is None:
            known[key] = each
    return known


def _is_same_machine(probe: Trial, trial: Trial) -> bool:
    """Whether a probe speaks for a trial: the same data, device, arithmetic, compilation and threads."""
    wanted = ("device", "precision", "matmul", "compile", "threads")
    return probe.data.hash == trial.data.hash and all(getattr(probe, each) == getattr(trial, each) for each in wanted)


def _is_tried_like(tried: Trial, trial: Trial) -> bool:
    """Whether a configuration was tried as the chosen one was trained: under the same budget, too."""
    return _is_same_machine(tried, trial) and tried.budget == trial.budget


def _rows(group: list[Record], probes: list[Record]) -> tuple[Row, ...]:
    models: dict[str, ModelRef] = {}
    owned: dict[str, list[Record]] = defaultdict(list)
    for record in group:
        digest = record.trial.model.digest()
        models[digest] = record.trial.model
        owned[digest].append(record)
    labels = _labels(models)
    rows = []
    for digest, model in models.items():
        own = sorted(owned[digest], key=lambda record: record.trial.seed)
        probe = next((probe for probe in probes if probe.trial.model == model), None)
        by_seed = {record.trial.seed: record for record in own}
        measures = {seed: _indexed(record) for seed, record in by_seed.items()}
        rows.append(Row(label=labels[digest], model=model, records=by_seed, measures=measures, probe=probe))
    return tuple(sorted(rows, key=lambda row: row.label))


def _labels(models: Mapping[str, ModelRef]) -> dict[str, str]:
    """Return a label for every model: its name, and as much more as tells it from its namesakes."""
    labels = {}
    for digest, model in models.items():
        namesakes = [other for other in models.values() if other.title == model.title]
        label = plain(model.title) + _differing_options(model, namesakes)
        others = {key: plain(other.title) + _differing_options(other, namesakes) for key, other in models.items()}
        if sum(text == label for text in others.values()) > 1:
            label = f"{label} {plain(model.distribution)} {digest[:6]}"
        labels[digest] = label
    return labels


def _differing_options(model: ModelRef, namesakes: Sequence[ModelRef]) -> str:
    values = {key: {json.dumps(each.options.get(key), default=str) for each in namesakes} for key in _keys(namesakes)}
    said = [plain(f"{key}={_option(model.options.get(key))}") for key, seen in values.items() if len(seen) > 1]
    return f"({', '.join(said)})" if said else ""


def _keys(models: Sequence[ModelRef]) -> list[str]:
    return sorted({key for model in models for key in model.options})


def _option(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _identities(group: list[Record], reference: Reference | None) -> dict[tuple[str, Split], Identity]:
    """Return the one identity of every column, after the refusal of columns that have two."""
    known: dict[tuple[str, Split], Identity] = {}
    for measure in _measures(group, reference):
        identity = measure.identity
        first = known.setdefault((short_name(identity), cast("Split", identity.split)), identity)
        if first != identity or identity.data != group[0].trial.data.hash:
            raise ResultsError(_mixed(first, identity, group[0].trial.data.hash))
    return dict(sorted(known.items()))


def _measures(group: list[Record], reference: Reference | None) -> list[Measure]:
    controls = reference.measures.values() if reference is not None else ()
    measures = [measure for record in group for measure in record.measures]
    return sorted(
        measures + [each for own in controls for each in own], key=lambda each: each.identity.model_dump_json()
    )


def _mixed(first: Identity, second: Identity, data: str) -> str:
    described = [f"{each} ({each.model_dump_json()})" for each in (first, second)]
    got = " and ".join(dict.fromkeys(plain(text, 400) for text in described))
    return (
        f"numbers of different identity cannot stand in one column: got {got}, data of the trials {data}; "
        "expected the same N, split, data and features: score the trials again with one version, or tabulate them apart"
    )
