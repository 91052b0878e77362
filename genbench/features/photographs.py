"""What networks trained on photographs take: grey or colour images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.errors import UsageError

if TYPE_CHECKING:
    from genbench.refs import DataRef

CHANNELS = (1, 3)


def check(data: DataRef, features: str) -> None:
    """Refuse what is no image of one or three channels.

    Raises:
        UsageError: with what to use in place of the space `features`.
    """
    if data.kind != "image":
        raise UsageError(f"--features {features}: got {data.kind} data '{data.name}', expected images; omit --features")
    if data.shape[0] not in CHANNELS:
        raise UsageError(
            f"--features {features}: got images of {data.shape[0]} channels in '{data.name}', expected 1 or 3; "
            "use --features pixels"
        )
