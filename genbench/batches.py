"""What `train` iterates: the batches that are the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.stream import Keepable, Stream


class Batches:
    """What `train` iterates: its own iterator, which ends when the budget is spent.

    `for x in batches:` is all that is needed. Break off, and it goes on where it stood.
    """

    __slots__ = ("_stream", "_until")

    def __init__(self, stream: Stream, until: float = 1.0) -> None:
        self._stream = stream
        self._until = until

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Tensor:
        handed = self._stream.take(self._until)
        if handed is None:
            raise StopIteration
        return handed[0]

    def labelled(self) -> Labelled:
        """Return the same stream as pairs of rows and int64 [n] labels; the model is marked as conditional.

        Raises:
            ValueError: the data set has no labels.
        """
        return Labelled(self._stream, self._until)

    def until(self, fraction: float) -> Batches:
        """Return the same stream as a stage that ends when `fraction` (0 to 1) of the whole budget is spent.

        Raises:
            ValueError: `fraction` is not between 0 and 1.
        """
        if not 0.0 <= fraction <= 1.0:
            raise ValueError(f"batches.until({fraction}): expected a fraction of the budget between 0 and 1")
        return Batches(self._stream, min(fraction, self._until))

    @property
    def fraction(self) -> float:
        """The share of the budget that is spent, 0 to 1; for schedules."""
        return self._stream.fraction

    @property
    def spent(self) -> bool:
        """Whether the budget is spent and the stream has ended."""
        return self._stream.ended_at is not None

    def log(self, **values: Tensor | float) -> None:
        """Keep a point of each named curve, without waiting for the device.

        A curve whose name starts with `loss` and is not finite ends the trial as DIVERGED.
        """
        add, step = self._stream.curves.add, self._stream.handed
        for name, value in values.items():
            add(step, name, value)

    @property
    def curves(self) -> dict[str, list[tuple[int, float]]]:
        """What was logged so far as (hand-outs, value), for observers; of a GPU all of it once `train` has returned."""
        return self._stream.curves.series()

    def keep(self, **objects: Keepable) -> None:
        """Register what a killed trial needs to go on: optimisers, averages, whatever has a state_dict.

        The model, its gradients, the generators of torch, numpy and random and the place in the stream are kept
        besides; `batches.keep()` keeps them alone. In a later attempt everything is restored by this call. So call it
        once all is made and before the loop, and take a hand-out only when the one before it is done with.

        Raises:
            TypeError: an object has no `state_dict` and `load_state_dict`.
        """
        for name, kept in objects.items():
            if not (callable(getattr(kept, "state_dict", None)) and callable(getattr(kept, "load_state_dict", None))):
                raise TypeError(
                    f"batches.keep({name}=...): got {type(kept).__name__}, expected state_dict and load_state_dict"
                )
        self._stream.keep(objects)


class Labelled:
    """The stream as pairs of rows and labels."""

    __slots__ = ("_stream", "_until")

    def __init__(self, stream: Stream, until: float) -> None:
        self._stream = stream
        self._until = until
        stream.asked_labels = True

    def __iter__(self) -> Labelled:
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        handed = self._stream.take(self._until)
        if handed is None:
            raise StopIteration
        rows, labels = handed
        if labels is None:
            raise ValueError("batches.labelled(): this data set has no labels")
        return rows, labels
