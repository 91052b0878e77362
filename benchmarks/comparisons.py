"""Two kinds of comparison on equal terms: training of equal networks, and measures of equal features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.rotation import Rotation, Side, rotate
from benchmarks.rows import Row, check_agreement, rate, risen, seconds, speed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rows import Effort

LIMIT_TYPES = {"fp32": "float32", "bf16": "bfloat16"}


@dataclass(frozen=True)
class Peer:
    """A peer's side, and how many times as fast ours is to be."""

    side: Side
    goals: dict[str, float]  # by precision


@dataclass(frozen=True)
class Training:
    """Training on equal networks: ours, a bare loop of the same algorithm, peers, and the limit."""

    work: str
    model: str
    bare: str
    networks: str
    peers: Sequence[Peer]
    precisions: Sequence[str] = field(default=("fp32",))

    def rows(self, effort: Effort) -> Iterator[Row]:
        """Measure."""
        turns = rotate(list(self._sides()), rounds=effort.rounds, seconds=effort.seconds)
        check_agreement(self.work, turns)
        for precision in self.precisions:
            ours = f"ours {precision}"
            for name, goal in [(each.side.name, each.goals.get(precision)) for each in self.peers]:
                yield self._compared(turns, precision, name, goal, ours)
            yield self._compared(turns, precision, f"bare loop {precision}", 0.95, ours)
            yield self._of_limit(turns, precision, ours)

    def _sides(self) -> Iterator[Side]:
        for precision in self.precisions:
            given = {"networks_": self.networks, "precision": precision}
            yield Side(f"ours {precision}", "ours:train", given | {"model": self.model})
            yield Side(f"bare loop {precision}", f"bare:{self.bare}", given | {"matmul": "as ours"})
            limit = {"matmul": "as ours", "dtype": LIMIT_TYPES[precision]}
            yield Side(f"limit {precision}", "limits:matmul", limit)
        yield from (each.side for each in self.peers)

    def _compared(self, turns: Rotation, precision: str, name: str, goal: float | None, ours: str) -> Row:
        work, label = f"{self.work}, {precision}", "the bare loop" if name.startswith("bare") else name
        if reason := turns.absent.get(ours) or turns.absent.get(name):
            return Row(work=work, against=label, least=goal, absent=reason)
        return Row(
            work=work, against=label, values=turns.ratios(name, ours), least=goal,
            ours=rate(turns, ours), theirs=rate(turns, name),
        )  # fmt: skip

    def _of_limit(self, turns: Rotation, precision: str, ours: str) -> Row:
        work, limit = f"{self.work}, {precision}", f"limit {precision}"
        if reason := turns.absent.get(ours) or turns.absent.get(limit):
            return Row(work=work, against="the limit", absent=reason)
        step, product = turns.told[f"bare loop {precision}"]["flops"], turns.told[limit]["flops"]
        shares = [100 * step / product * ratio for ratio in turns.ratios(limit, ours)]
        return Row(
            work=work, against="the limit: products of matrices", values=shares, unit="%",
            ours=speed(step, turns, ours), theirs=speed(product, turns, limit),
        )  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A measure on equal features: ours and peers."""

    work: str
    ours: str
    peers: dict[str, tuple[str, float | None]]  # what it is called in the table, and the goal
    columns: int
    rows_: int = 10_000
    memory: float | None = None  # the goal: times as much as ours that the first peer takes
    agree: bool = True
    rounds: int = 3

    def rows(self, effort: Effort) -> Iterator[Row]:
        """Measure."""
        given = {"rows": self.rows_, "columns": self.columns}
        sides = [
            Side(name, "measures:time", given | {"function": name}, name != self.ours)
            for name in [self.ours, *self.peers]
        ]
        turns = rotate(sides, rounds=min(self.rounds, effort.rounds), seconds=0)
        work = f"{self.work}, N {self.rows_ // 1000}k, D {self.columns}"
        if self.agree:
            check_agreement(work, turns)
        for name, (label, goal) in self.peers.items():
            if reason := turns.absent.get(name):
                yield Row(work=work, against=label, least=goal, absent=reason)
                continue
            yield Row(
                work=work, against=label, values=turns.ratios(name, self.ours), least=goal,
                ours=seconds(turns, self.ours), theirs=seconds(turns, name),
            )  # fmt: skip
            if self.memory is not None and name == next(iter(self.peers)):
                yield self._memory(turns, work, name, label)

    def _memory(self, turns: Rotation, work: str, name: str, label: str) -> Row:
        ours, theirs = risen(turns, self.ours), risen(turns, name)
        return Row(
            work=f"{work}: memory", against=label, values=[theirs / max(ours, 1.0)], least=self.memory,
            ours=f"{ours:.0f} MB", theirs=f"{theirs:.0f} MB",
        )  # fmt: skip
