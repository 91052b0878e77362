"""The stream of hand-outs: photographs and checkpoints between two of them, and an end when the budget is spent."""

from __future__ import annotations

import time
from collections import deque
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from genbench.curves import Curves
from genbench.engines.call import BEAT, HAND_OUTS, STOP
from genbench.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from torch import Tensor

    from genbench.meter import Meter

RECENT = 513  # requests remembered for the median time of a hand-out


class Source(Protocol):
    """Where the rows of a stream come from."""

    def __call__(self) -> tuple[Tensor, Tensor | None]:
        """Return the next rows and labels."""
        ...

    def go_to(self, hand_outs: int) -> None:
        """Stand where `hand_outs` of them have been taken since the start."""
        ...


class Keepable(Protocol):
    """What can be kept: it gives its state and takes it back."""

    def state_dict(self) -> Any:
        """Return the state."""
        ...

    def load_state_dict(self, state: Any) -> Any:
        """Take a state back."""
        ...


class Keeper(Protocol):
    """Saves a training between two hand-outs, and restores one."""

    def is_due(self) -> bool:
        """Whether it is time to save, marks apart."""
        ...

    def save(self, kept: Mapping[str, Keepable], seconds: float) -> None:
        """Save everything, `seconds` having been charged."""
        ...

    def holds(self, asked: Collection[str]) -> bool:
        """Whether `restore` has something to do once `asked` are kept."""
        ...

    def restore(self, kept: Mapping[str, Keepable], asked: Collection[str]) -> float | None:
        """Restore everything, and return the seconds that had been charged; None where nothing was touched.

        Raises:
            Interrupted: it went wrong half-way.
        """
        ...


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
        beat: the memory that is shared with the supervisor: it sees the hand-outs, and may tell the stream to stop.
        keeper: saves the training at marks, when it is due and when it is told to stop.
    """

    def __init__(
        self,
        feed: Source,
        meter: Meter,
        *,
        hand_outs: int | None = None,
        seconds: float | None = None,
        marks: Sequence[float] = (),
        photograph: Callable[[float, float], None],
        fence: Callable[[], None] | None = None,
        beat: Any = None,
        keeper: Keeper | None = None,
    ) -> None:
        if (hand_outs is None) == (seconds is None):
            raise ValueError("a stream ends by hand-outs or by seconds, by one of them")
        self._feed = feed
        self._meter = meter
        self._total = hand_outs
        self._seconds = seconds
        self._photograph = photograph
        self._fence = fence
        self._beat = [0] * BEAT if beat is None else beat
        self._keeper = keeper
        self._due = deque([*marks, 1.0])
        self._requests: deque[float] = deque(maxlen=RECENT)
        self._usual = 0.0  # median seconds of a hand-out in an earlier attempt
        self.handed = 0
        self.setup_seconds: float | None = None
        self.ended_at: float | None = None  # charged seconds at the end of the stream
        self.worked_at_end = 0.0  # processor seconds of this process when it was told of the end
        self.curves = Curves()
        self.kept: dict[str, Keepable] = {}
        self.is_kept = False  # `batches.keep` was called
        self.interrupted: Interrupted | None = None
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
        return median(gaps) if gaps else self._usual

    def take(self, until: float) -> tuple[Tensor, Tensor | None] | None:
        """Return the next hand-out, or None at the fraction `until` and at the end of the budget.

        Raises:
            Interrupted: the attempt was told to stop; again at every further call.
        """
        if self.interrupted is not None:
            raise self.interrupted
        if self.ended_at is not None:
            return None
        if self._beat[STOP]:
            self._stop()
        if self._fence is not None:
            self._fence()
        self._requests.append(self._meter.seconds)
        if self.handed == 1 and self.setup_seconds is None:
            self.setup_seconds = self._requests[-1]
        fraction = self.fraction
        if fraction >= self._due[0]:
            self._take_photographs(fraction)
        elif self.is_kept and self._keeper is not None and self._keeper.is_due():
            self._save()
        if self.curves.diverged_at is not None:
            self.end()
        if self.ended_at is not None or fraction >= until:
            self.worked_at_end = time.process_time()
            return None
        handed = self._feed()
        self.handed += 1
        self._beat[HAND_OUTS] = self.handed
        return handed

    def end(self) -> None:
        """End the stream here, whatever is left of the budget."""
        if self.ended_at is None:
            self.ended_at = self._meter.seconds

    def keep(self, objects: Mapping[str, Keepable]) -> None:
        """Register what a killed attempt needs to go on; where one was killed, go on from its checkpoint.

        Raises:
            Interrupted: the checkpoint could not be restored.
        """
        self.kept.update(objects)
        self.is_kept = True
        if self._keeper is None or not self._keeper.holds(objects):
            return
        with self._meter.paused() as seconds:
            try:
                before = self._keeper.restore(self.kept, objects)
            except Interrupted as error:
                self.interrupted = error
                raise
        if before is not None:
            self._meter.charge(before - seconds)

    def state_dict(self) -> dict[str, Any]:
        """Return where the stream stands between two hand-outs, for a checkpoint."""
        return {
            "handed": self.handed,
            "due": list(self._due),
            "ended_at": self.ended_at,
            "setup_seconds": self.setup_seconds,
            "median_seconds": self.median_seconds,
            "asked_labels": self.asked_labels,
            "curves": self.curves.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Stand where a stream of an earlier attempt stood."""
        self._beat[HAND_OUTS] = self.handed = state["handed"]
        self._due = deque(state["due"])
        self._requests.clear()
        self._usual = state["median_seconds"]
        self.ended_at = state["ended_at"]
        self.worked_at_end = time.process_time()
        self.setup_seconds = state["setup_seconds"]
        self.asked_labels = state["asked_labels"]
        self.curves.load_state_dict(state["curves"])
        self._feed.go_to(self.handed)

    def _stop(self) -> NoReturn:
        if self.is_kept:
            self._save()
        self.interrupted = Interrupted()
        raise self.interrupted

    def _save(self) -> None:
        if self._keeper is not None:
            with self._meter.paused() as seconds:
                self.curves.fetch()
                self._keeper.save(self.kept, seconds)

    def _take_photographs(self, fraction: float) -> None:
        with self._meter.paused() as seconds:
            self.curves.fetch()
            while self._due and fraction >= self._due[0]:
                mark = self._due.popleft()
                if mark == 1.0:
                    self.ended_at = seconds
                self._photograph(mark, seconds)
            if self.is_kept and self._keeper is not None:
                self._keeper.save(self.kept, seconds)
