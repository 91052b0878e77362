"""Does it build, train, keep its budget, and stop when it is told to?"""

from __future__ import annotations

import io

import torch

from genbench.checkpoint_file import save
from genbench.engines.call import BEAT, STOP
from genbench.errors import CheckpointError, GenbenchError, Interrupted
from genbench.overrun import overrun
from genbench.snapshots import tensors
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Note, some
from genbench.testing.stand import STEPS, Stand, differing, state_of

LATE, TRIES = 20, 3  # hand-outs of a training whose end is timed; late is who is late every time
MANY = 400  # rounds after which a training that was told to stop is stopped by force


@check(
    "build",
    "`build` returns a model for a small task of each of its kinds, the same weights for the same seed",
    "take sizes from task.shape; where a shape cannot be done, raise ValueError that says which can",
    first=True,
)
def build(stand: Stand) -> None:
    """Two models of one seed are equal, and on the task's device."""
    first, second = (stand.build(stand.task()) for _ in range(2))
    if names := differing(state_of(first), state_of(second)):
        raise Flaw(f"two models of one seed differ in {some(names)}", fix="draw with torch's own generators")
    strangers = [name for name, each in tensors(first.state_dict()) if each.device.type != stand.device.type]
    if isinstance(first, torch.nn.Module) and strangers:
        raise Flaw(f"{some(strangers)} are not on {stand.device}", fix="return model.to(task.device)")
    if stand.refusals:
        raise Note(f"tried at {'x'.join(map(str, stand.shape))}, since it refused {'; '.join(stand.refusals)}")


@check(
    "train",
    "`train` iterates `batches` until it ends, and returns",
    "for x in batches: one update a hand-out, no loop around it and no hand-out left over",
    first=True,
)
def train(stand: Stand) -> None:
    """The whole budget is taken."""
    stream, handed = stand.trained.stream, stand.trained.stream.handed
    if stream.curves.diverged_at is not None:
        raise Flaw(f"a loss is not finite after {handed} hand-outs", expected="finite losses at the defaults")
    if handed == 0:
        raise Flaw("`train` took no hand-out")
    if handed < STEPS:
        raise Note(f"`train` left after {handed} of {STEPS} hand-outs: what it leaves of its budget is lost to it")


@check(
    "state",
    "`state_dict` holds tensors, numbers, text and containers of them, and `load_state_dict` takes it back",
    "keep what is no tensor out of the state, or give it as numbers: no code is ever loaded from a file",
)
def state(stand: Stand) -> None:
    """The state goes through a file that holds no code, and back."""
    model = stand.trained.model
    file = io.BytesIO()
    save(model.state_dict(), file)
    file.seek(0)
    try:
        content = torch.load(file, weights_only=True, map_location=stand.device)
    except Exception as error:
        raise Flaw(f"its state cannot be read back without running code: {error}") from None
    fresh = stand.build(stand.trained.task)
    fresh.load_state_dict(content)
    if names := differing(state_of(model), state_of(fresh)):
        raise Flaw(f"a model that took the state back differs in {some(names)}")


@check(
    "change",
    "training changes the model's state, and its updates are seen",
    "step an optimiser of torch over the model's parameters, or change its buffers in place",
)
def change(stand: Stand) -> None:
    """What is trained is what is returned by `build`."""
    trained = stand.trained
    before, after = state_of(stand.build(trained.task)), state_of(trained.model)
    if not differing(before, after):
        raise Flaw(f"after {trained.stream.handed} hand-outs the state is what `build` returned")
    unseen = [name for name, count in trained.updates.items() if count == "unobserved"]
    bad = [name for name, value in after.items() if value.is_floating_point() and not bool(value.isfinite().all())]
    if bad:
        raise Flaw(f"{some(bad)} are not finite after {trained.stream.handed} hand-outs")
    if unseen and len(unseen) == len(trained.updates) and isinstance(trained.model, torch.nn.Module):
        raise Note("no optimiser of torch was seen to step: the tables will call its updates unobserved")


@check(
    "budget",
    "no work after the stream has ended: what was learnt by then is what is scored",
    "do what belongs to a hand-out before the next one is taken, and what belongs to the end before the last",
)
def budget(stand: Stand) -> None:
    """No optimiser steps, and no seconds are taken, after the end."""
    more = {n: (c, stand.trained.updates_at_end.get(n)) for n, c in stand.trained.updates.items()}
    for name, (now, then) in more.items():
        if now != then:
            raise Flaw(f"`{name}` had {then} updates when the stream ended, and {now} when `train` returned")
    for _ in range(TRIES):
        timed = stand.train(steps=LATE)
        past = overrun(timed.stream, timed.seconds, None, is_host=stand.device.type == "cpu")
        if not past.is_late:
            return
    raise Flaw(f"`train` returned {past.seconds:.2g} s after its end, again and again; it took {timed.seconds:.2g} s")


@check(
    "stop",
    "a training that is told to stop ends at the next hand-out",
    "let what `batches` raises pass: no bare `except:`, no `except BaseException` around the loop",
)
def stop(stand: Stand) -> None:
    """What the stream raises comes out."""
    beat, rounds = [0] * BEAT, 0

    def tell() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == STEPS // 2:
            beat[STOP] = 1
        if rounds > MANY:
            raise SystemError("told to stop, and still asking")

    try:
        stand.train(steps=10 * STEPS, beat=beat, fence=tell)
    except Interrupted:
        return
    except GenbenchError as error:
        raise Note(f"it made something else of being told to stop: {error}") from None
    raise Flaw("`train` returned as if nothing had been said")


@check(
    "checkpoint",
    "the state between any two hand-outs can be photographed, and looking changes nothing",
    "let `state_dict` copy nothing, draw nothing and switch nothing",
)
def photographs(stand: Stand) -> None:
    """A training that is photographed at marks ends as one that is not."""

    def look(model: object) -> None:
        try:
            save(model.state_dict(), io.BytesIO())  # type: ignore[attr-defined]
        except CheckpointError as error:
            raise Flaw(str(error)) from None

    seen = stand.train(marks=(0.3, 0.5, 0.7), photograph=look)
    if names := differing(state_of(stand.trained.model), state_of(seen.model)):
        raise Flaw(f"a training that was looked at three times ends otherwise, in {some(names)}")
