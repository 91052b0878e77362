"""From what was asked to what will run: every trial and probe, and the cells that cannot be."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from genbench.errors import SpecError
from genbench.record import Environment, Trial
from genbench.refs import Frozen, ModelRef
from genbench.tuning.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from genbench.refs import DataRef, Split
    from genbench.spec import Spec


MOST_SAMPLES: dict[Split, int] = {"held_out": 10_000, "validation": 1_000}
PROTOCOL_SAMPLES = 50_000  # of fid50k-train, whatever the data have


class Broken(Frozen):
    """A model that cannot run: its trials are planned, and become rows that name the culprit."""

    model: ModelRef  # what is known of it
    status: Literal["FAILED(import)", "FAILED(contract)"]
    message: str


class Plan(Frozen):
    """What a run does; written before anything runs."""

    schema_version: int = 1
    trials: tuple[Trial, ...]
    probes: tuple[Trial, ...]
    looks: tuple[int, ...] = ()  # seeds after which the run may stop; empty: all are run
    not_applicable: tuple[tuple[str, str], ...] = ()  # (model, data set): a kind that the model does not support
    broken: tuple[Broken, ...] = ()
    environment: Environment | None = None  # where it was begun
    search: Search | None = None  # what `genbench tune` searches; the trials are known once it has chosen
    tuning: tuple[Trial, ...] = ()  # its configurations, as far as they are drawn

    @property
    def everything(self) -> tuple[Trial, ...]:
        """Return all trials and probes, those by which it is chosen among them."""
        return (*self.trials, *self.probes, *self.tuning)

    @property
    def is_open(self) -> bool:
        """Whether there will be more trials than are planned yet."""
        return self.search is not None and not self.trials

    @property
    def identity(self) -> str:
        """Return what is equal for plans of the same trials."""
        ids = [*(trial.id for trial in self.trials), "", *(trial.id for trial in self.probes)]
        ids += [trial.id for trial in self.tuning]
        return hashlib.sha256(" ".join([*ids, *map(str, self.looks)]).encode()).hexdigest()[:16]

    def rounds(self) -> tuple[tuple[Trial, ...], ...]:
        """Return the trials look by look; all at once where no looks are planned."""
        seeds = list(dict.fromkeys(trial.seed for trial in self.trials))
        edges = (0, *(self.looks or (len(seeds),)))
        return tuple(
            tuple(trial for trial in self.trials if trial.seed in seeds[start:stop]) for start, stop in pairwise(edges)
        )


def make_plan(
    spec: Spec,
    models: Iterable[ModelRef],
    kinds: Mapping[str, tuple[str, ...]],
    data: Iterable[DataRef],
    features: Mapping[str, tuple[str, ...]],
    device: str,
    broken: tuple[Broken, ...] = (),
    environment: Environment | None = None,
) -> Plan:
    """Lay out seeds x data sets x models, probes apart: a run that is cut short has seeds of every model.

    Args:
        spec: what was asked.
        models: the valid ones, options resolved.
        kinds: kinds of task by model name.
        data: the prepared data sets.
        features: feature spaces by data set.
        device: where everything runs.
        broken: models that cannot run; their kinds are unknown, so every data set is tried.
        environment: where the run begins.

    Raises:
        SpecError: a batch is larger than the data, the budget holds no whole batch, or steps do not compare.
    """
    models, data = tuple(models), tuple(data)
    pairs = [(model, each) for each in data for model in models if each.kind in kinds[model.title]]
    problems = _problems(spec, pairs)
    if problems:
        raise SpecError(problems, "the plan")
    planned = pairs + [(each.model, dataset) for dataset in data for each in broken]
    where = device, _matmul(spec, device, environment)
    trials = tuple(_trial(spec, model, each, features, *where, seed) for seed in spec.seeds for model, each in planned)
    probes = tuple(
        _trial(spec, model, each, features, *where, spec.seeds[0]).model_copy(update={"purpose": "probe", "marks": ()})
        for model, each in pairs
        if spec.probe or spec.budget.unit == "flops"
    )
    absent = tuple((model.title, each.name) for each in data for model in models if (model, each) not in pairs)
    if not trials:
        raise SpecError([f"nothing to run: {_unsupported(absent, kinds, data)}"], "the plan")
    return Plan(
        trials=trials, probes=probes, looks=spec.looks, not_applicable=absent, broken=broken, environment=environment
    )


def judged_counts(data: DataRef) -> dict[Split, int]:
    """Return how many samples are judged against each split that no model sees: at the end, and at marks."""
    return {split: min(most, data.counts[split]) for split, most in MOST_SAMPLES.items()}


def sample_counts(trial: Trial) -> dict[Split, int]:
    """Return how many samples a trial draws for each split that they are judged against.

    What a configuration is chosen by is of validation rows alone: against held-out rows it is not even judged.
    """
    if trial.purpose == "tune":
        return {"validation": judged_counts(trial.data)["validation"]}
    return judged_counts(trial.data) | ({"train": PROTOCOL_SAMPLES} if trial.protocol is not None else {})


def _unsupported(
    absent: tuple[tuple[str, str], ...], kinds: Mapping[str, Sequence[str]], data: Sequence[DataRef]
) -> str:
    kind = {each.name: each.kind for each in data}
    return "; ".join(f"{model} does {', '.join(kinds[model])}, and {name} is of {kind[name]}" for model, name in absent)


def _matmul(spec: Spec, device: str, environment: Environment | None) -> Literal["highest", "medium"]:
    """Return on which products float32 is trained: faster ones only on the CPU that they were found sound on."""
    if spec.matmul == "highest" or device != "cpu" or environment is None:
        return "highest"
    return "medium" if environment.settings.get("torch.matmul_precision") == "medium" else "highest"


def _trial(
    spec: Spec,
    model: ModelRef,
    data: DataRef,
    features: Mapping[str, tuple[str, ...]],
    device: str,
    matmul: Literal["highest", "medium"],
    seed: int,
) -> Trial:
    return Trial(
        model=model,
        data=data,
        budget=spec.budget,
        seed=seed,
        marks=spec.marks,
        device=device,
        precision=spec.precision,
        compile=spec.compile,
        matmul=matmul,
        threads=spec.threads,
        features=features[data.name],
        metrics=spec.metrics,
        protocol=spec.protocol,
    )


def _problems(spec: Spec, pairs: list[tuple[ModelRef, DataRef]]) -> list[str]:
    problems = []
    for model, data in pairs:
        rows, size = data.counts["train"], model.batch_size
        if size > rows:
            problems.append(
                f"batch size {size} of {model.title} is larger than the {rows} train rows of {data.name}; "
                "give a smaller --batch-size, or more rows"
            )
        elif spec.budget.unit == "examples" and spec.budget.hand_outs(size) == 0:
            problems.append(
                f"budget {spec.budget} holds no whole batch of {size} for {model.title}; "
                "give a larger budget, or a smaller --batch-size"
            )
    sizes = {model.title: model.batch_size for model, _ in pairs}
    if spec.budget.unit == "steps" and len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
        problems.append(
            f"budget {spec.budget}: steps of unequal batches are not equal budgets ({listed}); "
            "give the budget in examples, or one --batch-size for all"
        )
    return problems
