"""Where a model is tried: its hooks, called as a trial calls them, over a stream as a trial has it, in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import torch

from genbench import snapshots
from genbench.batches import Batches
from genbench.device import synchronizer
from genbench.errors import HookError
from genbench.feed import Feed
from genbench.hooks import ModelHooks, parse_options
from genbench.meter import Meter
from genbench.stream import Stream
from genbench.testing.flaws import Flaw
from genbench.testing.places import SHAPES, make_rows, make_task
from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydantic import BaseModel
    from torch import Tensor

    from genbench.hookspecs import Task
    from genbench.plugins import ValidPlugin
    from genbench.testing.halfway import Halfway

STEPS = 6  # of a short training
MANY = 500  # samples


@dataclass(kw_only=True)
class Trained:
    """A training that has ended, with what was seen of it."""

    model: Any
    hooks: ModelHooks
    stream: Stream
    task: Task
    updates: dict[str, Any]
    updates_at_end: dict[str, Any]  # when the stream ended
    seconds: float


class Course(TypedDict, total=False):
    """How a training differs from the usual short one."""

    steps: int  # hand-outs
    seed: int  # of the trial
    rows: tuple[Tensor, Tensor]  # and labels, in the place of those of `make_rows`
    marks: Sequence[float]  # fractions of the budget at which `photograph` is called, with the model
    photograph: Callable[[Any], None]
    beat: list[int]  # by which the stream is told to stop
    keeper: Halfway  # keeps the training at its marks, or restores one
    fence: Callable[[], None]  # called before every hand-out
    options: dict[str, Any]  # that differ from the defaults


@dataclass
class Ended:
    """Remembers, at the last photograph, what had been updated when the stream ended."""

    model: Any
    photograph: Callable[[Any], None] | None
    counter: UpdateCounter | None = None
    counts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, mark: float, seconds: float) -> None:
        """Look at what is photographed."""
        if mark == 1.0 and self.counter is not None:
            self.counts = self.counter.counts
        if self.photograph is not None:
            self.photograph(self.model)


class Stand:
    """Try one model on one kind of task.

    Args:
        valid: the plugin.
        place: a kind of task, or `table`.
        device: where to train.
        folder: for what is handed from one process to another; the same for all that try this model on this kind.
    """

    def __init__(self, valid: ValidPlugin, place: str, *, device: torch.device, folder: Path) -> None:
        self.valid = valid
        self.place = place
        self.device = device
        self.folder = folder
        quiet = self.hooks()
        self.declared: type[BaseModel] | None = quiet.declared("options", None)
        self.variants: tuple[str, ...] = tuple(quiet.declared("variants", ("default",)))
        self.refusals: list[str] = []  # of shapes that the model does not take
        self._many: dict[str, Tensor] = {}  # samples, by variant

    def hooks(self, seed: int = 0) -> ModelHooks:
        """Return the model's hooks as a trial of this seed has them."""
        return ModelHooks(self.valid, seed=seed, meter=Meter(synchronizer(self.device)), device=self.device)

    def options(self, batch_size: int, **given: Any) -> BaseModel | None:
        """Return the model's options at their defaults, but for those given."""
        fields = {} if self.declared is None else self.declared.model_fields
        sized = {"batch_size": batch_size} if "batch_size" in fields else {}
        return parse_options(self.valid.plugin.name, self.declared, sized | given)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The first of the small shapes that the model takes.

        Raises:
            Flaw: it takes none.
        """
        for shape in SHAPES[self.place]:
            try:
                task = make_task(self.place, shape, self.device)
                self.hooks().build(task, self.options(task.batch_size))
            except HookError as error:
                self.refusals.append(f"{'x'.join(map(str, shape))}: {error.reason}")
            else:
                return shape
        raise Flaw(f"it was built on none of its shapes: {'; '.join(self.refusals)}")

    def task(self, **changes: Any) -> Task:
        """Describe the smallest task that the model takes, with changes."""
        return make_task(self.place, self.shape, self.device, **changes)

    def build(self, task: Task, seed: int = 0, **options: Any) -> Any:
        """Make the untrained model."""
        return self.hooks(seed).build(task, self.options(task.batch_size, **options))

    def train(self, task: Task | None = None, **course: Unpack[Course]) -> Trained:
        """Build and train as a trial does, on the smallest task where none is given."""
        task, seed = task or self.task(), course.get("seed", 0)
        meter, keeper = Meter(synchronizer(self.device)), course.get("keeper")
        hooks = ModelHooks(self.valid, seed=seed, meter=meter, device=self.device)
        model = hooks.build(task, self.options(task.batch_size, **course.get("options", {})))
        ended = Ended(model, course.get("photograph"))
        stream = Stream(
            self._feed(task, course.get("rows"), seed),
            meter,
            hand_outs=course.get("steps", STEPS),
            marks=course.get("marks", ()),
            photograph=ended,
            fence=course.get("fence"),
            beat=course.get("beat"),
            keeper=keeper,
        )
        if keeper is not None:
            keeper.follow(model, stream)
        with UpdateCounter(model) as ended.counter:
            _call(hooks, model, stream)
        return Trained(
            model=model,
            hooks=hooks,
            stream=stream,
            task=task,
            updates=ended.counter.counts,
            updates_at_end=ended.counts or ended.counter.counts,
            seconds=meter.seconds,
        )

    def _feed(self, task: Task, rows: tuple[Tensor, Tensor] | None, seed: int) -> Feed:
        values, labels = rows or make_rows(task)
        order, known = torch.Generator().manual_seed(seed), labels if task.labelled else None
        return Feed(values, known, size=task.batch_size, generator=order, device=self.device)

    @cached_property
    def trained(self) -> Trained:
        """A short training on the smallest task, which the checks share: they only look at it."""
        return self.train()

    def many(self, variant: str) -> Tensor:
        """Return many samples of the shared training, drawn once: slow samplers are checked too."""
        if variant not in self._many:
            self._many[variant] = self.draw(self.trained, MANY, variant=variant)
        return self._many[variant]

    def draw(
        self,
        trained: Trained,
        count: int,
        *,
        variant: str | None = None,
        phase: str = "samples",
        labels: Tensor | None = None,
    ) -> Tensor:
        """Draw samples of a trained model as a trial does, checked as a trial checks them."""
        if trained.task.labelled and labels is None:
            labels = make_rows(trained.task, count)[1].to(self.device)
        return trained.hooks.sample(
            trained.model, trained.task, count=count, variant=variant or self.variants[0], labels=labels, phase=phase
        )


def _call(hooks: ModelHooks, model: Any, stream: Stream) -> None:
    """Call `train`; an end of the stream that a naked `next` met is an end."""
    try:
        hooks.train(model, Batches(stream))
    except StopIteration:
        if stream.ended_at is None and stream.interrupted is None:
            raise Flaw("StopIteration came out of `train` before the stream's end") from None


def state_of(model: Any) -> dict[str, Tensor]:
    """Return copies of the tensors of a model's state, by their place in it."""
    return {name: value.detach().clone() for name, value in snapshots.tensors(model.state_dict())}


def differing(first: dict[str, Tensor], second: dict[str, Tensor]) -> list[str]:
    """Name the tensors of two states that are not the same to the last bit, NaN being equal to NaN."""
    names = sorted(first.keys() | second.keys())
    return [name for name in names if name not in first or name not in second or not _same(first[name], second[name])]


def _same(first: Tensor, second: Tensor) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    return torch.equal(first.contiguous().view(-1).view(torch.uint8), second.contiguous().view(-1).view(torch.uint8))
