"""Each check of the conformance suite fails on the bug that it is for, and a good model passes all of them."""

from __future__ import annotations

import os
from typing import ClassVar, Literal

import pytest
import torch
from pydantic import Field

from genbench import Likelihood
from genbench.testing.checks import CHECKS
from genbench.testing.suite import examine
from tests.testing.toy import Good, Normal, Options

BY_NAME = {each.name: each for each in CHECKS}


def _examined(stand, hooks: Good, name: str, place: str = "points"):
    """Do one check; of two that belong together, the first too."""
    on = stand(hooks, place)
    if BY_NAME[name].is_apart:
        examine(BY_NAME["rebuilding"], on)
        on = stand(type(hooks)(), place)
    return examine(BY_NAME[name], on)


@pytest.mark.parametrize("place", ["points", "image"])
@pytest.mark.parametrize("name", [name for name in BY_NAME if not BY_NAME[name].is_slow])
def test_a_good_model_passes(stand, name, place) -> None:
    found = _examined(stand, Good(), name, place)
    assert found.state in ("ok", "skip"), found


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BY_NAME if BY_NAME[name].is_slow])
def test_a_good_model_passes_slowly(stand, name) -> None:
    found = _examined(stand, Good(), name)
    assert found.state in ("ok", "skip"), found


class Unseeded(Good):
    """Weights from the system's own noise."""

    def build(self, task, options):
        model = Normal(task, options)
        model.log_scale.data += int.from_bytes(os.urandom(2), "big") / 1e5
        return model


class Untaught(Good):
    def train(self, model, batches):
        pass


class Explodes(Good):
    def step(self, model, adam, batches, x, labels=None):
        batches.log(loss=torch.tensor(torch.nan))


class Packed(Normal):
    def get_extra_state(self):
        return {"options": self.options}

    def set_extra_state(self, state):
        self.options = state["options"]


class HoldsCode(Good):
    """A state that needs code to be read."""

    def build(self, task, options):
        return Packed(task, options)


class Aside(Good):
    """Trains a copy."""

    def train(self, model, batches):
        copy = Normal(model.task, model.options)
        copy.load_state_dict(model.state_dict())
        super().train(copy, batches)


class GoesOn(Good):
    """Learns on after the stream's end."""

    def train(self, model, batches):
        last = None
        adam = torch.optim.Adam(model.parameters())
        for last in batches:
            self.step(model, adam, batches, last)
        for _ in range(5):
            self.step(model, adam, batches, last)


class Swallows(Good):
    """Takes being told to stop for an end."""

    def train(self, model, batches):
        try:
            super().train(model, batches)
        except BaseException:
            return


class Draws(Good):
    """A state that is noised when it is looked at."""

    def build(self, task, options):
        model = Normal(task, options)
        model.register_state_dict_pre_hook(lambda *_: torch.randn(1))
        return model


class LosesOne(Good):
    def sample(self, model, count, variant, labels):
        return super().sample(model, count, variant, labels).squeeze(0)


class Collapsed(Good):
    def sample(self, model, count, variant, labels):
        return super().sample(model, 1, variant, labels).expand(count, *model.task.shape)


class Unbounded(Good):
    def sample(self, model, count, variant, labels):
        return 3 * super().sample(model, count, variant, labels)


class Counts(Good):
    """Changes a buffer by looking."""

    def sample(self, model, count, variant, labels):
        model.average += 0.01
        return super().sample(model, count, variant, labels)


class Remembers(Good):
    """Keeps what it has learnt outside of its state."""

    def train(self, model, batches):
        super().train(model, batches)
        model.learnt = model.mean.detach().clone()

    def sample(self, model, count, variant, labels):
        return super().sample(model, count, variant, labels) + getattr(model, "learnt", 0.0)


class Acquainted(Good):
    """Depends on what its process has done before."""

    built: ClassVar[list[int]] = []

    def build(self, task, options):
        self.built.append(1)
        return super().build(task, options)

    def sample(self, model, count, variant, labels):
        return super().sample(model, count, variant, labels) + (len(self.built) > 3)

    def step(self, model, adam, batches, x, labels=None):
        super().step(model, adam, batches, x + (len(self.built) > 3), labels)


class DeafToLabels(Good):
    def sample(self, model, count, variant, labels):
        return super().sample(model, count, variant, None)


class OwnNoise(Good):
    """Draws from a generator that nobody seeds."""

    def step(self, model, adam, batches, x, labels=None):
        own = torch.Generator()
        own.seed()
        super().step(model, adam, batches, x + torch.randn(x.shape, generator=own), labels)


class OneSeed(Good):
    """Draws from a generator with a seed of its own."""

    def sample(self, model, count, variant, labels):
        return torch.randn(count, *model.task.shape, generator=torch.Generator().manual_seed(1))


class Seeds(Good):
    def train(self, model, batches):
        torch.manual_seed(7)
        super().train(model, batches)


class Forgets(Good):
    """Keeps the place in the stream, and not the optimiser."""

    def train(self, model, batches):
        adam = torch.optim.Adam(model.parameters(), lr=0.05)
        batches.keep()
        for x in batches:
            self.step(model, adam, batches, x)


class Careless(Good):
    def train(self, model, batches):
        super().train(model, batches)
        torch.set_default_dtype(torch.float64)


class NoEntry(Good):
    def card(self):
        return {"paper": "Gauss 1809", "bibtex": "Gauss, Theoria motus", "sampling": "draw"}


class Sixteen(Good):
    """Takes hand-outs of 16 rows for granted."""

    def step(self, model, adam, batches, x, labels=None):
        super().step(model, adam, batches, x.reshape(16, *model.task.shape), labels)


class Offers(Good):
    """Offers a choice that it does not do."""

    def options(self):
        class Wider(Options):
            scale: Literal["learnt", "one", "two"] = Field("learnt", description="Of each coordinate.")

        return Wider

    def build(self, task, options):
        return super().build(task, {"learnt": options, "one": options}[options.scale])


class Halves(Good):
    def build(self, task, options):
        model = super().build(task, options)
        return model.bfloat16() if task.precision == "bf16" else model


class Compiles(Good):
    """Returns the compiled module, whose names differ."""

    def build(self, task, options):
        model = super().build(task, options)
        return torch.compile(model) if task.compile else model


class Bright(Good):
    def reconstruct(self, model, x):
        return x + 1


class Unnamed(Good):
    def log_likelihood(self, model, x):
        return Likelihood(values=model.nats(x), bound="", measure="density")


class Sorts(Good):
    """Values of other rows than those given."""

    def log_likelihood(self, model, x):
        return Likelihood(values=model.nats(x).sort().values, bound="exact", measure="density")


class Unnormalised(Good):
    """Half of log(2 pi) is missing in each coordinate."""

    def log_likelihood(self, model, x):
        return Likelihood(values=model.nats(x) + 0.9189 * x[0].numel(), bound="exact", measure="density")


class Flees(Good):
    """Learns away from the rows."""

    def step(self, model, adam, batches, x, labels=None):
        super().step(model, adam, batches, -x - 2, labels)


class AddsUp(Good):
    """Adds up losses with their graphs."""

    def train(self, model, batches):
        adam = torch.optim.Adam(model.parameters())
        total = 0.0
        for x in batches:
            total = total + model.nats(x.repeat(40, 1)).mean()
            self.step(model, adam, batches, x)


class OneByOne(Good):
    def sample(self, model, count, variant, labels):
        return torch.cat([super(OneByOne, self).sample(model, 1, variant, labels) for _ in range(count)])


BUGS = [
    ("build", Unseeded),
    ("train", Untaught),
    ("train", Explodes),
    ("state", HoldsCode),
    ("change", Aside),
    ("budget", GoesOn),
    ("stop", Swallows),
    ("checkpoint", Draws),
    ("samples", LosesOne),
    ("samples", Collapsed),
    ("looking", Counts),
    ("rebuilding", Remembers),
    ("rebuilding in another process", Acquainted),
    ("training in another process", Acquainted),
    ("labels", DeafToLabels),
    ("one seed", OwnNoise),
    ("another seed", OneSeed),
    ("seeding", Seeds),
    ("continuing", Forgets),
    ("surroundings", Careless),
    ("card", NoEntry),
    ("batch sizes", Sixteen),
    ("bf16", Halves),
    ("likelihood", Unnamed),
    ("likelihood", Sorts),
    ("known density", Unnormalised),
]
OF_IMAGES = [("range", Unbounded), ("reconstructions", Bright)]
SLOW = [("options", Offers), ("compile", Compiles), ("learning", Flees), ("memory", AddsUp)]


@pytest.fixture(autouse=True)
def _unbuilt():
    Acquainted.built.clear()


@pytest.mark.parametrize(("name", "bug"), BUGS)
def test_a_bug_is_found(stand, name, bug) -> None:
    """Kills: a check that cannot fail."""
    found = _examined(stand, bug(), name)
    assert found.state == "fail", found
    assert found.found and found.expected and found.fix


@pytest.mark.parametrize(("name", "bug"), OF_IMAGES)
def test_a_bug_with_images_is_found(stand, name, bug) -> None:
    assert _examined(stand, bug(), name, "image").state == "fail"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bug"), SLOW)
def test_a_bug_is_found_slowly(stand, name, bug) -> None:
    found = _examined(stand, bug(), name)
    assert found.state == "fail", found


@pytest.mark.slow
def test_one_draw_at_a_time_is_worth_a_note(stand) -> None:
    assert _examined(stand, OneByOne(), "speed").state == "note"


def test_every_check_has_a_bug() -> None:
    """Kills: a check that is added and never seen to fail."""
    noted = {"curves", "descriptions", "speed"}
    assert {name for name, _ in [*BUGS, *OF_IMAGES, *SLOW]} | noted == set(BY_NAME)


class Silent(Good):
    """Logs nothing, and keeps nothing; says little of itself."""

    def train(self, model, batches):
        for x in batches:
            model.mean.data = x.mean(0, keepdim=True)

    def card(self):
        return {}

    def options(self):
        class Bare(Options):
            depth: int = 3

        return Bare


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("curves", "no curve named loss"),
        ("continuing", "never calls batches.keep"),
        ("card", "paper, bibtex, sampling"),
        ("descriptions", "depth"),
        ("change", "no optimiser"),
    ],
)
def test_what_may_be_left_out_is_noted(stand, name, says) -> None:
    found = _examined(stand, Silent(), name)
    assert (found.state, says in found.found) == ("note", True), found


class Leaves(Good):
    def train(self, model, batches):
        adam = torch.optim.Adam(model.parameters())
        for x in batches:
            self.step(model, adam, batches, x)
            if batches.fraction >= 0.5:
                return


def test_leaving_early_is_noted(stand) -> None:
    assert "3 of 6" in _examined(stand, Leaves(), "train").found


class Large(Good):
    """Takes no image below 28 pixels."""

    def build(self, task, options):
        if task.kind == "image" and task.shape[-1] < 28:
            raise ValueError("sides of 28 and more")
        return super().build(task, options)


def test_a_shape_that_is_refused_gives_way_to_a_larger_one(stand) -> None:
    found = _examined(stand, Large(), "build", "image")
    assert found.state == "note"
    assert "1x28x28" in found.found
    assert _examined(stand, Large(), "samples", "image").state == "ok"
