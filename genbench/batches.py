"""The stream of batches that is the budget: it ends when the budget is spent."""

from __future__ import annotations

import time
from collections import deque
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol

from genbench.curves import Curves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from genbench.meter import Meter

RECENT = 513  # requests remembered for the median time of a hand-out


class Stream:
    """Hand out batches, take photographs at marks, end with the last whole hand-out within the budget.

    Args:
        feed: returns the next rows and labels.
        meter: the charged clock.
        hand_outs: the whole budget in hand-outs, or
        seconds: the whole budget in charged seconds.
        marks: fractions of the budget, ascending, at which to take a photograph.
        photograph: called with a mark and the charged seconds while the meter is stopped; 1.0 is the stream's end.
        fence: bounds how far the host runs ahead of the device; called once a hand-out.
        beat: `beat[0]` is the number of hand-outs, seen from outside the process.
    """

    def __init__(
        self,
        feed: Callable[[], tuple[Tensor, Tensor | None]],
        meter: Meter,
        *,
        hand_outs: int | None = None,
        seconds: float | None = None,
        marks: Sequence[float] = (),
        photograph: Callable[[float, float], None],
        fence: Callable[[], None] | None = None,
        beat: Any = None,
    ) -> None:
        if (hand_outs is None) == (seconds is None):
            raise ValueError("a stream ends by hand-outs or by seconds, by one of them")
        self._feed = feed
        self._meter = meter
        self._total = hand_outs
        self._seconds = seconds
        self._photograph = photograph
        self._fence = fence
        self._beat = [0] if beat is None else beat
        self._due = deque([*marks, 1.0])
        self._requests: deque[float] = deque(maxlen=RECENT)
        self.handed = 0
        self.setup_seconds: float | None = None
        self.ended_at: float | None = None  # charged seconds at the end of the stream
        self.worked_at_end = 0.0  # processor seconds of this process when it was told of the end
        self.curves = Curves()
        self.kept: dict[str, Any] = {}
        self.asked_labels = False

    @property
    def fraction(self) -> float:
        """The share of the budget that is spent, 0 to 1."""
        if self._total is not None:
            return self.handed / self._total if self._total else 1.0
        assert self._seconds is not None
        return min(1.0, self._meter.seconds / self._seconds)

    @property
    def median_seconds(self) -> float:
        """The median time between two requests, over the last few hundred."""
        gaps = [after - before for before, after in pairwise(self._requests)]
        return median(gaps) if gaps else 0.0

    def take(self, until: float) -> tuple[Tensor, Tensor | None] | None:
        """Return the next hand-out, or None at the fraction `until` and at the end of the budget."""
        if self.ended_at is not None:
            return None
        if self._fence is not None:
            self._fence()
        self._requests.append(self._meter.seconds)
        if self.handed == 1 and self.setup_seconds is None:
            self.setup_seconds = self._requests[-1]
        fraction = self.fraction
        if fraction >= self._due[0]:
            self._take_photographs(fraction)
        if self.curves.diverged_at is not None:
            self.end()
        if self.ended_at is not None or fraction >= until:
            self.worked_at_end = time.process_time()
            return None
        handed = self._feed()
        self.handed += 1
        self._beat[0] = self.handed
        return handed

    def end(self) -> None:
        """End the stream here, whatever is left of the budget."""
        if self.ended_at is None:
            self.ended_at = self._meter.seconds

    def _take_photographs(self, fraction: float) -> None:
        with self._meter.paused() as seconds:
            self.curves.fetch()
            while self._due and fraction >= self._due[0]:
                mark = self._due.popleft()
                if mark == 1.0:
                    self.ended_at = seconds
                self._photograph(mark, seconds)


class Keepable(Protocol):
    """What can be kept: it gives its state and takes it back."""

    def state_dict(self) -> Any:
        """Return the state."""
        ...

    def load_state_dict(self, state: Any) -> Any:
        """Take a state back."""
        ...


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

    def keep(self, **objects: Keepable) -> None:
        """Register what a killed trial needs to go on: optimisers, averages, whatever has a state_dict.

        Raises:
            TypeError: an object has no `state_dict` and `load_state_dict`.
        """
        for name, kept in objects.items():
            if not (callable(getattr(kept, "state_dict", None)) and callable(getattr(kept, "load_state_dict", None))):
                raise TypeError(
                    f"batches.keep({name}=...): got {type(kept).__name__}, expected state_dict and load_state_dict"
                )
            self._stream.kept[name] = kept


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
