"""Schedules, turns, rates and optimisers: what the options of all models change, and that it goes on after a kill."""

from __future__ import annotations

import math

import pytest
import torch

from genbench.batches import Batches
from genbench.updates import UpdateCounter
from genbench_gan import game, gan
from genbench_gan.schedules import LEAST, Turns, factor, follow_schedule

SCHEDULES = pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])


def _built(task, **options):
    torch.manual_seed(0)
    return gan.build(task, gan.Options(**options)).train()


def test_schedules_are_their_formulas() -> None:
    """Kills: a cosine of half the turn; a linear one that ends at a half; a last step of rate 0."""
    places = (0, 0.25, 0.5, 1)
    assert [factor("constant", at) for at in places] == [1, 1, 1, 1]
    assert [factor("linear", at) for at in places] == [1, 0.75, 0.5, LEAST]
    cosine = [1, (1 + math.sqrt(0.5)) / 2, 0.5, LEAST]
    assert [factor("cosine", at) for at in places] == pytest.approx(cosine)


@SCHEDULES
def test_rates_follow_the_first_rate(schedule) -> None:
    """Kills: factors that pile up from step to step; one group of two."""
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    adam = torch.optim.Adam([{"params": [weights[0]], "lr": 0.1}, {"params": [weights[1]], "lr": 0.4}])
    for fraction in (0.0, 0.3, 0.6, 0.6):
        follow_schedule([adam], schedule, fraction)
    rates = [group["lr"] for group in adam.param_groups]
    assert rates == pytest.approx([0.1 * factor(schedule, 0.6), 0.4 * factor(schedule, 0.6)])


@SCHEDULES
def test_a_scheduled_training_goes_on_where_it_stood(schedule, task_of, rows_of, halves) -> None:
    """Kills: a first rate that a later attempt takes from the last; turns that begin anew."""
    options = {"schedule": schedule, "critic_steps": 2}
    first, second = halves(lambda: _built(task_of("points"), **options), gan, rows_of(task_of("points")), 10)
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    if schedule != "constant":
        constant, _ = halves(lambda: _built(task_of("points"), critic_steps=2), gan, rows_of(task_of("points")), 10)
        assert any(not torch.equal(first[name], constant[name]) for name in first)


def test_turns_go_on_where_they_stood() -> None:
    """Kills: a generator that moves first; a count that the state leaves out."""
    turns, other = Turns(), Turns()
    found = [turns.due([1, 3]) for _ in range(4)]
    assert found == [(0,), (0,), (0, 1), (0,)]
    other.load_state_dict(turns.state_dict())
    assert [other.due([1, 3]) for _ in range(2)] == [(0,), (0, 1)]


@pytest.mark.parametrize(("every", "moves"), [(1, 7), (2, 3), (5, 1)])
def test_critic_steps_are_hand_outs_to_a_step_of_the_generator(every, moves, task_of, rows_of, make_stream) -> None:
    """Kills: critic steps on one hand-out; a generator that moves on the first of them."""
    model, stream = _built(task_of("points"), critic_steps=every), make_stream(rows_of(task_of("points")), 7)
    with UpdateCounter(model) as updates:
        gan.train(model, Batches(stream))
    assert updates.counts["discriminator"] == 7
    assert updates.counts["generator"] == moves
    assert int(model.ema.updates) == moves


@pytest.mark.parametrize(("asked", "expected"), [(None, 3e-3), (1e-4, 1e-4)])
def test_two_time_scales(asked, expected, task_of) -> None:
    """Kills: the discriminator's rate given to the generator, or to neither."""
    model = _built(task_of("points"), lr=3e-3, lr_discriminator=asked)
    assert game.judging(gan.discriminator_objective, model).lr == expected
    assert game.fooling(gan.generator_objective, model).lr == 3e-3


def test_optimisers_are_those_asked_for(task_of) -> None:
    """Kills: an option that is ignored; Adam's second decay in the place of the first."""
    model = _built(task_of("points"), beta1=0.3, beta2=0.8)
    adam = game.make_optimiser((model.generator,), model, lr=0.02)
    assert isinstance(adam, torch.optim.Adam)
    assert (adam.param_groups[0]["betas"], adam.param_groups[0]["lr"]) == ((0.3, 0.8), 0.02)
    held = {id(weight) for group in adam.param_groups for weight in group["params"]}
    assert held == {id(weight) for weight in model.generator.parameters()}
    model = _built(task_of("points"), optimiser="rmsprop")
    assert isinstance(game.make_optimiser((model.generator,), model, lr=0.02), torch.optim.RMSprop)


def test_a_moves_own_optimiser_and_labels_are_used(task_of, rows_of) -> None:
    """Kills: a second optimiser beside the one that a loss looks into; labels that stop at the move."""
    model, real = _built(task_of("points")), rows_of(task_of("points"))
    own, seen = torch.optim.SGD(model.discriminator.parameters(), lr=0.0), []

    def loss(model, real, noise, *labels):
        seen.extend(labels)
        return gan.discriminator_objective(model, real, noise)

    mover = game.Mover(game.judging(loss, model, optimiser=own), model)
    mover(real, torch.arange(64))
    assert mover.optimiser is own
    assert [len(labels) for labels in seen] == [64]
