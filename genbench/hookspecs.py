"""The contract: a model is one Python module with three functions, `build`, `train` and `sample`.

Register the module in the entry-point group `genbench.models` under the model's name and mark each function with
`@hookimpl`. `package.module:object` names an object in it, whose marked methods are the hooks; `[extra]` behind that
is the extra of your distribution without whose libraries the model is listed, but not imported. A function takes, by
name, only those of the arguments below that it wants: no defaults, no keyword-only arguments, no generators. Before
each hook torch, numpy and random are seeded from (trial seed, phase).

Images are float32 [n, c, h, w] in [0, 1], points float32 [n, d] standardised, waves float32 [n, c, t] in [-1, 1],
tokens int64 [n, t].

A trial that is killed goes on bit for bit where `train` says what it needs:

    adam = torch.optim.Adam(model.parameters())
    batches.keep(adam=adam)  # whatever has a state_dict; `batches.keep()` where the model holds everything
    for x in batches: ...

The model, its gradients, the generators of torch, numpy and random and the place in the stream are kept besides. All
is saved between two hand-outs: at marks, every two minutes, and when the trial is told to stop. A later attempt builds
the model anew, enters `train` from its top, and has everything put back at the call of `keep`; a stage that was done
ends at once. So make all that is kept before the call, keep nothing in local variables from one hand-out to the next (a
counter is a buffer of the model), and take a hand-out only when the one before it is done with. States hold tensors,
numbers, text and containers of them: no code is ever loaded. A model that never calls `keep` starts anew, and the
record says so.

On CUDA small steps wait for their launches. A step that is one function of tensors can be replayed as one graph, and on
the CPU stays as it is:

    step = genbench.graphed(partial(_step, model, adam), model, adam)
    for x in batches: batches.log(loss=step(x))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from pydantic import BaseModel

    from genbench.batches import Batches

Kind = Literal["image", "points", "wave", "tokens"]
PROJECT = "genbench"

hookimpl = pluggy.HookimplMarker(PROJECT)
hookspec = pluggy.HookspecMarker(PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a model is asked to learn; no data: whatever is learnt from data comes from `batches` and is charged."""

    kind: Kind
    shape: tuple[int, ...]  # of one example: (c, h, w), (d,), (c, t) or (t,)
    dtype: torch.dtype
    classes: int | None  # distinct labels, where there are labels; vocabulary size for tokens
    labelled: bool
    examples: int  # rows of the train split
    batch_size: int  # rows of every hand-out
    schema: dict[str, Any] | None  # of a table: columns with name, kind, categories, start and stop, and the target
    device: torch.device
    precision: Literal["fp32", "bf16"]  # autocast is the plugin's to do
    compile: bool  # torch.compile is the plugin's to do; state_dict keys must not depend on it
    seed: int
    budget: str  # as written, "4800steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Log-likelihoods of `n` examples; bound and measure are part of the number's identity."""

    values: torch.Tensor  # [n], nats per example
    bound: str  # "exact", "elbo", "iwae@1000"
    measure: str  # "density", "bernoulli"; "pmf256" of bytes, "pmf" of tokens, "pmf16" of 16 levels of the model's own


class ModelSpec:
    """The hooks of a model plugin; the first three are required."""

    @hookspec(firstresult=True)
    def build(self, task: Task, options: BaseModel | None) -> torch.nn.Module:
        """Make the untrained model that holds every network.

        Called: to train, for each restored snapshot, for each probe. Meter: off.
        Assume: torch is seeded; the same `task` must give the same weights. Train mode is set for you later.
        Return: an nn.Module on `task.device` (or anything with state_dict and load_state_dict); critics and averages
        included, each a direct child, so that its updates are counted. A text attribute `sampling` is recorded.
        """

    @hookspec(firstresult=True)
    def train(self, model: Any, batches: Batches) -> None:
        """Train `model` in place: iterate `batches` until it ends; it ends when the budget is spent.

        Called: once an attempt. Meter: ON, from entry to return; everything in here is charged, compilation too.
        Assume: train mode; a hand-out is exactly `batch_size` rows on the device, a tensor that you may keep.
        Return: nothing. Labels by `batches.labelled()`, stages by `batches.until(0.5)`, schedules by
        `batches.fraction`, curves by `batches.log(loss=...)`, and what a killed trial needs to go on by
        `batches.keep(opt=...)`.
        """

    @hookspec(firstresult=True)
    def sample(self, model: Any, count: int, variant: str, labels: torch.Tensor | None) -> torch.Tensor:
        """Draw `count` samples.

        Called: on a model rebuilt from a snapshot, in chunks. Meter: off, or timed by the probe.
        Assume: eval mode, no_grad; `variant` is one of `variants()`; `labels` int64 [count] on a labelled task or None.
        Return: `count` samples of the task's shape and dtype on the task's device, finite and in the kind's range.
        """

    @hookspec(firstresult=True)
    def options(self) -> type[BaseModel]:
        """Declare the options: a pydantic model class with defaults and ranges, validated before anything runs.

        Called: at validation. Meter: off. Assume: nothing. A field `batch_size` sets the hand-out's rows.
        `genbench tune` searches the ranges; `json_schema_extra={"tune": False}`, or a range, says what of them.
        Return: the class; `build` receives an instance of it.
        """

    @hookspec(firstresult=True)
    def kinds(self) -> Sequence[Kind]:
        """Name the kinds of task supported.

        Called: at validation. Meter: off. Assume: nothing. Return: kinds; default ("image",).
        """

    @hookspec(firstresult=True)
    def card(self) -> dict[str, Any]:
        """Describe the model.

        Called: at validation. Meter: off. Assume: nothing.
        Return: any of paper, bibtex, licence, augmentations, pretrained (name, data, sha256 each: marked in every
        table), sampling (what a sample is: "decoder mean", "posterior draw").
        """

    @hookspec(firstresult=True)
    def variants(self) -> Sequence[str]:
        """Name the ways to sample from one training, as ("raw", "ema"); each is judged, the first is the headline.

        Called: at validation. Meter: off. Assume: nothing. Return: names; default ("default",).
        """

    @hookspec(firstresult=True)
    def log_likelihood(self, model: Any, x: torch.Tensor) -> Likelihood:
        """Score examples. Called: after training, on validation or held-out rows, in chunks. Meter: off.

        Assume: eval mode, no_grad. Return: a Likelihood; it is shown as self-reported.
        """

    @hookspec(firstresult=True)
    def reconstruct(self, model: Any, x: torch.Tensor) -> torch.Tensor:
        """Reconstruct examples.

        Called: after training, for pictures. Meter: off. Assume: eval mode, no_grad. Return: a tensor like `x`.
        """
