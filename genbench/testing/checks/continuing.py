"""Does a killed training go on bit for bit?"""

from __future__ import annotations

from genbench.errors import CheckpointError
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Note, some
from genbench.testing.halfway import Halfway
from genbench.testing.stand import Stand, differing, state_of


@check(
    "continuing",
    "a training that is killed at its middle goes on bit for bit, where `train` calls `batches.keep`",
    "keep every optimiser, schedule and average by batches.keep(name=...), before the loop; make what counts a buffer",
)
def continuing(stand: Stand) -> None:
    """What goes on in a second attempt ends as what was never killed."""
    keeper = Halfway(stand.folder / "halfway.pt", stand.device)
    try:
        whole = stand.train(marks=(0.5,), keeper=keeper)
    except CheckpointError as error:
        raise Flaw(f"what is kept cannot be written: {error}") from None
    if not whole.stream.is_kept:
        raise Note("`train` never calls batches.keep: a killed trial starts anew, and the record says so")
    second = stand.train(marks=(0.5,), keeper=keeper)
    if not keeper.was_restored:
        raise Flaw("the second attempt did not keep what the first had kept")
    if names := differing(state_of(whole.model), state_of(second.model)):
        raise Flaw(f"{some(names)} end otherwise in the training that went on")
