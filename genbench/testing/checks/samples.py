"""Are samples what the task asks for: however many, by every variant, with labels, and of a model that was rebuilt?"""

from __future__ import annotations

import torch

from genbench import snapshots
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Inapplicable, some
from genbench.testing.places import CLASSES, make_rows
from genbench.testing.stand import MANY, Stand, differing, state_of

FEW = (1, 3, 65)
RANGES = {"image": (0.0, 1.0), "wave": (-1.0, 1.0)}
ONE, ALL = "weights.pt", "samples.pt"  # of what another process has to draw again


@check(
    "samples",
    "`sample` returns any number of samples that differ: task.shape, task.dtype, on task.device, finite",
    "return exactly `count` rows, for a count of 1 too, and draw noise for each of them",
    first=True,
)
def samples(stand: Stand) -> None:
    """One, few, an odd number and many."""
    for variant in stand.variants:
        for count in FEW:
            stand.draw(stand.trained, count, variant=variant)
        if len(torch.unique(stand.many(variant).flatten(1), dim=0)) == 1:
            raise Flaw(f"{MANY} samples of variant '{variant}' are all the same")


@check(
    "range",
    "samples stay in the kind's range: images in [0, 1], waves in [-1, 1]",
    "end images in a sigmoid and waves in a tanh, or clamp: what lies outside is clamped before it is judged",
)
def in_range(stand: Stand) -> None:
    """The least and the greatest value of many samples."""
    if stand.trained.task.kind not in RANGES:
        raise Inapplicable("this kind has no range")
    low, high = RANGES[stand.trained.task.kind]
    for variant in stand.variants:
        drawn = stand.many(variant)
        least, most = float(drawn.min()), float(drawn.max())
        if least < low or most > high:
            raise Flaw(f"samples of variant '{variant}' reach from {least:.3g} to {most:.3g}")


@check(
    "looking",
    "drawing, scoring and reconstructing leave the model as it was",
    "keep counters and caches out of the state; update averages in `train` alone",
)
def looking(stand: Stand) -> None:
    """The state is the same to the last bit afterwards."""
    trained, before = stand.trained, state_of(stand.trained.model)
    stand.draw(trained, 5)
    rows = make_rows(trained.task, 7)[0].to(stand.device)
    if "log_likelihood" in trained.hooks.implemented:
        trained.hooks.log_likelihood(trained.model, rows, phase="look")
    if "reconstruct" in trained.hooks.implemented:
        trained.hooks.reconstruct(trained.model, trained.task, rows)
    if names := differing(before, state_of(trained.model)):
        raise Flaw(f"{some(names)} changed")


@check(
    "rebuilding",
    "a model that is built anew and given the state draws the same samples",
    "register what is learnt as a parameter or a buffer, so that it is in the state",
)
def rebuilding(stand: Stand) -> None:
    """In this process; what another one does is looked at later."""
    trained = stand.trained
    torch.save(trained.model.state_dict(), stand.folder / ONE)
    drawn = {variant: stand.draw(trained, 9, variant=variant) for variant in stand.variants}
    torch.save(drawn, stand.folder / ALL)
    _compare(stand, drawn)


@check(
    "rebuilding in another process",
    "another process that builds the model and takes the state draws the same samples",
    "depend on the task and the options alone: not on time, environment, hash(), or what was built before",
    apart=True,
)
def elsewhere(stand: Stand) -> None:
    """What the first process left is drawn again."""
    if not (stand.folder / ALL).exists():
        raise Inapplicable("there are no samples to compare with")
    _compare(stand, torch.load(stand.folder / ALL, weights_only=True))


@check(
    "training in another process",
    "another process that trains with the same seed ends with the same weights",
    "draw from torch's, numpy's or random's global generators, which are seeded; never from time, os.urandom or hash()",
    apart=True,
)
def trained_elsewhere(stand: Stand) -> None:
    """The weights of the first process come out again."""
    if not (stand.folder / ONE).exists():
        raise Inapplicable("there are no weights to compare with")
    wanted = dict(snapshots.tensors(torch.load(stand.folder / ONE, weights_only=True)))
    if names := differing(wanted, state_of(stand.trained.model)):
        raise Flaw(f"{some(names)} differ")


@check(
    "labels",
    "a labelled task trains and draws, and a model that took the labels heeds them",
    "take `labels` in `sample` and give them to the network, or do not call `batches.labelled()`",
)
def labels(stand: Stand) -> None:
    """Other labels, other samples."""
    task = stand.task(labelled=True, classes=CLASSES if stand.place != "tokens" else stand.task().classes)
    trained = stand.train(task)
    low, high = (torch.full((9,), label, device=stand.device) for label in (0, CLASSES - 1))
    first, second = (stand.draw(trained, 9, labels=each) for each in (low, high))
    if trained.stream.asked_labels and torch.equal(first, second):
        raise Flaw(f"samples of label 0 and of label {CLASSES - 1} are the same, though `train` took the labels")


def _compare(stand: Stand, wanted: dict[str, torch.Tensor]) -> None:
    fresh = stand.build(stand.task())
    snapshots.restore(fresh, stand.folder / ONE, stand.device)
    for variant, values in wanted.items():
        drawn = stand.trained.hooks.sample(
            fresh, stand.task(), count=len(values), variant=variant, labels=None, phase="samples"
        )
        if not torch.equal(drawn, values):
            share = float((drawn != values).float().mean())
            raise Flaw(f"{share:.0%} of the values of variant '{variant}' are others")
