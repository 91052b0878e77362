"""Draw configurations that a model takes and that are not drawn yet; what it refuses is drawn again, the same way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from genbench.tuning.samplers import Draw, Tried
from genbench.tuning.search import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from genbench.tuning.samplers import Sampler
    from genbench.tuning.search import Space

    Candidate = dict[str, Any]
    Ask = Callable[[str, Sequence[Candidate]], Sequence["Answer"]]  # of a model, about candidates

MOST_DRAWS = 64  # of one configuration; who is refused or known so often has no further one


class Answer(NamedTuple):
    """What a model says of a candidate: all its options, or why it refuses it."""

    options: dict[str, Any] | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration of a model on a data set, and how it came about."""

    number: int
    options: dict[str, Any]  # all of them, resolved
    refused: tuple[str, ...] = ()  # why the model did not take what was drawn before


@dataclass
class Lot:
    """The configurations of one model on one data set: number 0 is the base, the others are drawn one after another."""

    data: str
    space: Space
    found: dict[int, Configuration]
    absent: set[int] = field(default_factory=set)  # numbers for which there was no further configuration

    def known(self) -> set[str]:
        """Return the options of what is drawn: of all lower numbers, as they are settled in order."""
        return {key_of(each.options) for each in self.found.values()}


@dataclass
class Drawer:
    """Fills lots.

    Args:
        sampler: proposes.
        ask: tells of a model which candidates it takes.
    """

    sampler: Sampler
    ask: Ask
    _answers: dict[tuple[str, str], Answer] = field(default_factory=dict)  # by model and candidate

    def fill(self, lots: Iterable[Lot], numbers: Sequence[int], tried: Sequence[Tried] = ()) -> None:
        """Draw the configurations of these numbers in every lot; of several lots a model is asked at once.

        Args:
            lots: models on data sets.
            numbers: ascending.
            tried: what a sampler that looks back may know.
        """
        lots = tuple(lots)
        while True:
            unknown: dict[str, list[Candidate]] = defaultdict(list)
            for lot in lots:
                unknown[lot.space.model] += self._drawn(lot, numbers, tried)
            if not any(unknown.values()):
                return
            for model, candidates in unknown.items():
                if candidates:
                    for each, answer in zip(candidates, self.ask(model, candidates), strict=True):
                        self._answers[model, key_of(each)] = answer

    def _drawn(self, lot: Lot, numbers: Sequence[int], tried: Sequence[Tried]) -> list[Candidate]:
        """Draw as far as answers are known; return the candidates on which the model is still to be heard.

        A number is settled once all lower ones are, since it must not repeat them. What the others will probably be is
        asked at once.
        """
        unknown: list[Candidate] = []
        for number in numbers:
            if number in lot.found or number in lot.absent:
                continue
            candidate = self._settle(lot, number, tried) if not unknown else self._first(lot, number, tried)
            if candidate is not None:
                unknown.append(candidate)
        return unknown

    def _settle(self, lot: Lot, number: int, tried: Sequence[Tried]) -> Candidate | None:
        """Settle a number, or return the candidate on which that depends."""
        known, refused, draw = lot.known(), list[str](), Draw(lot.space.model, lot.data, number)
        for again in range(MOST_DRAWS if lot.space.dimensions else 0):
            candidate = self.sampler.propose(replace(draw, again=again), lot.space, tried)
            answer = self._answers.get((lot.space.model, key_of(candidate)))
            if answer is None:
                return candidate
            if answer.options is None:
                refused.append(answer.reason or "no reason")
            elif key_of(answer.options) not in known:
                lot.found[number] = Configuration(number, answer.options, tuple(refused))
                return None
        lot.absent.add(number)
        return None

    def _first(self, lot: Lot, number: int, tried: Sequence[Tried]) -> Candidate | None:
        """Return a number's first candidate where the model was not heard on it yet."""
        candidate = self.sampler.propose(Draw(lot.space.model, lot.data, number), lot.space, tried)
        return None if (lot.space.model, key_of(candidate)) in self._answers else candidate
