"""Each toy keeps the contract: the same weights from the same task, the whole budget, a state that comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from genbench import Task, plugins, snapshots
from genbench.batches import Batches
from genbench.feed import Feed
from genbench.hooks import ModelHooks, parse_options
from genbench.meter import Meter
from genbench.stream import Stream
from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("importable")

ROWS, CLASSES, HAND_OUTS = 400, 4, 60
CENTRES = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
LOOPS = {"lightning_loop": "lightning", "accelerate_loop": "accelerate"}
MODELS = [
    "em_gmm", "two_stage", "conditional", "critics", "ema", "memory", "small_batches", "naked_next",
    pytest.param("lightning_loop", marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore")]),
    pytest.param("accelerate_loop", marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore")]),
]  # fmt: skip


class Bench:
    """One toy with a small task, and what its training left behind."""

    def __init__(self, name: str, kind: str, **options: Any) -> None:
        pytest.importorskip(LOOPS.get(name, "torch"))
        valid = plugins.validate(plugins.load(plugins.find(name)))
        self.meter = Meter(lambda: None)
        self.hooks = ModelHooks(valid, seed=0, meter=self.meter)
        self.kinds = self.hooks.declared("kinds", ("image",))
        self.variants = self.hooks.declared("variants", ("default",))
        self.options = parse_options(name, self.hooks.declared("options", None), options)
        self.task = _task(kind, getattr(self.options, "batch_size", 64))
        self.labels = torch.arange(ROWS) % CLASSES
        self.rows = CENTRES[self.labels] + 0.1 * torch.randn(ROWS, 2) if kind == "points" else _images(self.labels)
        self.updates_at: dict[float, dict[str, Any]] = {}

    def build(self) -> Any:
        return self.hooks.build(self.task, self.options)

    def train(self, marks: tuple[float, ...] = ()) -> Any:
        """Train a new model; return it."""
        model = self.build()
        order = torch.Generator().manual_seed(0)
        feed = Feed(self.rows, self.labels, size=self.task.batch_size, generator=order, device=self.task.device)
        with UpdateCounter(model) as updates:

            def photograph(fraction: float, _: float) -> None:
                self.updates_at[fraction] = updates.counts

            self.stream = Stream(feed, self.meter, hand_outs=HAND_OUTS, marks=marks, photograph=photograph)
            self.ended_by_next = False
            try:
                self.hooks.train(model, Batches(self.stream))
            except StopIteration:
                self.ended_by_next = True
            self.updates = updates.counts
        return model

    def sample(self, model: Any, count: int = 100, variant: str | None = None, labels: Tensor | None = None) -> Tensor:
        labels = self.labels[:count] if labels is None else labels
        variant = variant or self.variants[0]
        return self.hooks.sample(model, self.task, count=count, variant=variant, labels=labels, phase="sample")


def _task(kind: str, batch_size: int) -> Task:
    return Task(
        kind=kind, shape=(2,) if kind == "points" else (1, 4, 4), dtype=torch.float32, classes=CLASSES, labelled=True,
        examples=ROWS, batch_size=batch_size, schema=None, device=torch.device("cpu"), precision="fp32", compile=False,
        seed=0, budget=f"{HAND_OUTS}steps",
    )  # fmt: skip


def _images(labels: Tensor) -> Tensor:
    return (labels[:, None, None, None] * 60 + torch.randint(0, 20, (len(labels), 1, 4, 4))).to(torch.uint8)


def _tensors(model: Any) -> dict[str, Tensor]:
    return dict(snapshots.tensors(model.state_dict()))


@pytest.mark.parametrize("kind", ["points", "image"])
@pytest.mark.parametrize("name", MODELS)
def test_contract(name: str, kind: str, tmp_path: Path) -> None:
    """Kills: weights drawn before the seed, state that is not in `state_dict`, a loop that leaves budget unspent."""
    bench = Bench(name, kind)
    if kind not in bench.kinds:
        pytest.skip(f"{name} does not do {kind}")
    first, second = _tensors(bench.build()), _tensors(bench.build())
    assert all(torch.equal(first[key], second[key]) for key in first)
    model = bench.train()
    assert (bench.stream.handed, bench.stream.ended_at is not None) == (HAND_OUTS, True)
    snapshots.photograph(model, tmp_path / "photograph.pt")
    again = bench.build()
    snapshots.restore(again, tmp_path / "photograph.pt", bench.task.device)
    for variant in bench.variants:
        assert torch.equal(bench.sample(model, variant=variant), bench.sample(again, variant=variant))
    drawn = bench.sample(again)
    assert kind == "points" or (drawn.min() >= 0 and drawn.max() <= 1)


def test_em_finds_the_components() -> None:
    """Kills: sums that are not divided by the component's share."""
    bench = Bench("em_gmm", "points", components=8)
    drawn = bench.sample(bench.train(), 400)
    nearest = torch.cdist(drawn, CENTRES).min(1)
    assert nearest.values.mean() < 0.3
    assert nearest.indices.bincount(minlength=CLASSES).min() > 50
    curve = [value for _, value in bench.stream.curves.series()["log_likelihood"]]
    assert curve[-1] > curve[0] + 1


def test_em_reports_the_density() -> None:
    """Kills: a missing factor of two pi, a sum over components of logarithms, sums that are not divided by the rows."""
    bench = Bench("em_gmm", "points", components=3)
    model = bench.train()
    weights, means, variances = model.parameters()
    x = torch.randn(5, 2)
    components = torch.distributions.Independent(torch.distributions.Normal(means, variances.sqrt()), 1)
    expected = (weights * components.log_prob(x[:, None]).exp()).sum(1).log()
    torch.testing.assert_close(weights.sum(), torch.tensor(1.0))
    torch.testing.assert_close(bench.hooks.log_likelihood(model, x, phase="score").values.float(), expected)


def test_the_second_stage_starts_at_half_of_the_budget() -> None:
    """Kills: a second stage that starts the stream again, or that goes on with the optimiser."""
    bench = Bench("two_stage", "points")
    model = bench.train()
    assert bench.updates == {"encoder": HAND_OUTS // 2, "decoder": HAND_OUTS // 2}
    assert model.seen == bench.task.batch_size * HAND_OUTS // 2


def test_labels_choose_the_class() -> None:
    """Kills: labels that are ignored in `sample`."""
    bench = Bench("conditional", "points")
    model = bench.train()
    for label in range(CLASSES):
        drawn = bench.sample(model, labels=torch.full((100,), label))
        assert (drawn.mean(0) - CENTRES).norm(dim=1).argmin() == label
    assert bench.stream.asked_labels


@pytest.mark.parametrize("n_critic", [1, 5])
def test_every_critic_update_takes_a_hand_out(n_critic: int) -> None:
    bench = Bench("critics", "points", n_critic=n_critic)
    bench.train()
    assert bench.updates == {"critic": HAND_OUTS, "generator": HAND_OUTS // n_critic}


def test_the_average_is_another_way_to_sample() -> None:
    bench = Bench("ema", "points")
    model = bench.train()
    assert bench.variants == ("raw", "ema")
    assert not torch.equal(bench.sample(model, variant="raw"), bench.sample(model, variant="ema"))


def test_memory_is_bounded_and_repeats() -> None:
    """Kills: a bound that is not kept."""
    bench = Bench("memory", "points", capacity=100)
    model = bench.train()
    assert len(model.rows) == 100
    assert torch.cdist(bench.sample(model), bench.rows).min(1).values.max() < 1e-3


def test_small_batches_are_the_default_and_an_option() -> None:
    assert Bench("small_batches", "points").task.batch_size == 16
    assert Bench("small_batches", "points", batch_size=8).task.batch_size == 8


def test_a_naked_next_ends_the_training() -> None:
    bench = Bench("naked_next", "points")
    bench.train()
    assert bench.ended_by_next
    assert bench.updates == {"generator": HAND_OUTS}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_lightning_is_one_hand_out_ahead() -> None:
    bench = Bench("lightning_loop", "points")
    bench.train(marks=(0.5,))
    assert bench.updates_at[0.5] == {"encoder": HAND_OUTS // 2 - 1, "decoder": HAND_OUTS // 2 - 1}
    assert bench.updates == {"encoder": HAND_OUTS, "decoder": HAND_OUTS}
