"""Is everything drawn from the generators that are seeded, and do they stay so?"""

from __future__ import annotations

import torch

from genbench.generators import generators
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, some
from genbench.testing.stand import Stand, differing, state_of


@check(
    "one seed",
    "two trainings with one seed end with the same weights, to the last bit",
    "draw from torch's, numpy's or random's global generators, which are seeded before each hook",
)
def one_seed(stand: Stand) -> None:
    """The weights, and the samples, come out again."""
    again = stand.train()
    if names := differing(state_of(stand.trained.model), state_of(again.model)):
        raise Flaw(f"{some(names)} differ")
    if not torch.equal(stand.draw(stand.trained, 9), stand.draw(again, 9)):
        raise Flaw("the weights are the same, and the samples differ")


@check(
    "another seed",
    "another seed gives other samples",
    "remove calls of torch.manual_seed, numpy.random.seed and random.seed, and generators with seeds of their own",
)
def another_seed(stand: Stand) -> None:
    """Of the trial, and of the draw alone."""
    other = stand.train(seed=1)
    if torch.equal(stand.draw(stand.trained, 9), stand.draw(other, 9)):
        raise Flaw("trials of seed 0 and seed 1 draw the same samples")
    if torch.equal(stand.draw(stand.trained, 9), stand.draw(stand.trained, 9, phase="more")):
        raise Flaw("two draws, seeded differently, are the same")


@check(
    "seeding",
    "no hook seeds the global generators: where they stand afterwards follows from the trial's seed",
    "remove calls of torch.manual_seed, numpy.random.seed, random.seed and fork_rng with a seed",
)
def seeding(stand: Stand) -> None:
    """After the same hook under two seeds no generator stands where it stood under the other."""
    ends: list[dict[str, dict[str, torch.Tensor]]] = []
    for seed in (0, 1):
        found = {}
        stand.build(stand.task(), seed=seed)
        found["build"] = _flat(stand)
        trained = stand.train(seed=seed)
        found["train"] = _flat(stand)
        stand.draw(trained, 3)
        found["sample"] = _flat(stand)
        ends.append(found)
    for hook, first in ends[0].items():
        same = [name for name, value in first.items() if torch.equal(value, ends[1][hook][name])]
        if same:
            raise Flaw(f"`{hook}` leaves the generator of {some(same)} where it was, whatever the seed")


def _flat(stand: Stand) -> dict[str, torch.Tensor]:
    """Return the words of each generator's state."""
    state = generators(stand.device)
    return {"torch": state["torch"], "numpy": state["numpy"][1], "random": state["random"][1]}
