"""What is compared: every goal that a processor can measure, in groups whose sides take turns."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import harness
from benchmarks.networks import BATCH
from benchmarks.rotation import Absent, Rotation, Side, ask, rotate
from benchmarks.surroundings import pins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

AGREEMENT = 1e-4  # relative, of losses and of measures on equal weights, rows and noise
LIMIT_TYPES = {"fp32": "float32", "bf16": "bfloat16"}


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float  # of a burst
    is_quick: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: values in rounds, and what they should be."""

    work: str
    against: str = "–"
    values: Sequence[float] = ()
    unit: str = "×"
    least: float | None = None
    most: float | None = None
    ours: str = ""
    theirs: str = ""
    absent: str = ""  # why there are no values

    @property
    def median(self) -> float:
        """The median of rounds."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is; None where there is none, or nothing to tell it by."""
        if not self.values or (self.least is None and self.most is None):
            return None
        return self.median >= self.least if self.least is not None else self.median <= (self.most or 0)


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
            ours=_rate(turns, ours), theirs=_rate(turns, name),
        )  # fmt: skip

    def _of_limit(self, turns: Rotation, precision: str, ours: str) -> Row:
        work, limit = f"{self.work}, {precision}", f"limit {precision}"
        if reason := turns.absent.get(ours) or turns.absent.get(limit):
            return Row(work=work, against="the limit", absent=reason)
        step, product = turns.told[f"bare loop {precision}"]["flops"], turns.told[limit]["flops"]
        shares = [100 * step / product * ratio for ratio in turns.ratios(limit, ours)]
        return Row(
            work=work, against="the limit: products of matrices", values=shares, unit="%",
            ours=_speed(step, turns, ours), theirs=_speed(product, turns, limit),
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
                ours=_seconds(turns, self.ours), theirs=_seconds(turns, name),
            )  # fmt: skip
            if self.memory is not None and name == next(iter(self.peers)):
                yield self._memory(turns, work, name, label)

    def _memory(self, turns: Rotation, work: str, name: str, label: str) -> Row:
        ours, theirs = risen(turns, self.ours), risen(turns, name)
        return Row(
            work=f"{work}: memory", against=label, values=[theirs / max(ours, 1.0)], least=self.memory,
            ours=f"{ours:.0f} MB", theirs=f"{theirs:.0f} MB",
        )  # fmt: skip


def check_agreement(work: str, turns: Rotation) -> None:
    """Refuse to compare what does not compute the same.

    Raises:
        AssertionError: a side's values differ from the first's by more than rounding.
    """
    told = {name: each["losses"] for name, each in turns.told.items() if each.get("losses")}
    expected = next(iter(told.values()))
    for name, found in told.items():
        apart = max(abs(one - other) / max(abs(other), 1e-6) for one, other in zip(found, expected, strict=True))
        assert apart < AGREEMENT, f"{work}: {name} computes {found}, expected {expected}"


def large(effort: Effort) -> Iterator[Row]:
    """50,000 rows: memory above the features, and the share of the matrix products that three distances need."""
    rows, columns = 50_000, 512
    given = {"rows": rows, "columns": columns}
    sides = [Side(name, "measures:time", given | {"function": name}) for name in ("prdc", "kd")]
    turns = rotate([*sides, Side("limit", "limits:matmul", {"matmul": "medium"})], rounds=1, seconds=0)
    for name in ("prdc", "kd"):
        work = f"{name}, N 50k, D {columns}: memory above the features"
        yield Row(work=work, values=[risen(turns, name)], unit="MB", most=200, ours=_seconds(turns, name))
    needed, product = 3 * 2 * rows**2 * columns, turns.told["limit"]["flops"]
    shares = [100 * needed / product * each for each in turns.ratios("limit", "prdc")]
    yield Row(
        work=f"prdc, N 50k, D {columns}", against="the limit: products of matrices", values=shares, unit="%", least=60,
        ours=_speed(needed, turns, "prdc"), theirs=_speed(product, turns, "limit"),
    )  # fmt: skip


def added_by_the_harness(effort: Effort) -> Iterator[Row]:
    """The parts that the harness adds to a step, over the smallest step there is."""
    told = ask(Side("harness", "harness:costs", {"rounds": effort.rounds}))
    rounds = [
        {name: [value] for name, value in zip(told, values, strict=True)} for values in zip(*told.values(), strict=True)
    ]
    shares = [harness.added(each) for each in rounds]
    step = f"{1e6 * statistics.median(told['step']):.0f} us a step"
    work = "harness on the smallest step (2-D GAN, batch 256)"
    yield Row(work="a hand-out", values=[1e6 * each for each in told["hand_out"]], unit="us", most=3)
    yield Row(work=f"{work}, hand-outs alone", values=[100 * each for each, _ in shares], unit="%", most=0.3, ours=step)
    yield Row(work=f"{work}, counts and curves", values=[100 * each for _, each in shares], unit="%", most=1, ours=step)


def listings(effort: Effort) -> Iterator[Row]:
    """Commands that need no torch."""
    told = ask(Side("listings", "harness:listings", {"rounds": effort.rounds}))
    for name in ("--help", "models"):
        milliseconds = [1000 * each for each in told[name]]
        imported = f"{1000 * statistics.median(told['torch']):.0f} ms to import torch"
        yield Row(work=f"genbench {name}", values=milliseconds, unit="ms", most=60, theirs=imported)


def starts(effort: Effort) -> Iterator[Row]:
    """A trial's start."""
    told = ask(Side("starts", "starts:measure", {"rounds": effort.rounds}))
    warmed, spawned = told["warmed"], told["spawned"]
    yield Row(work="a trial's start, to its first batch", values=warmed, unit="ms", most=30)
    yield Row(work="a trial's own memory at its first batch", values=told["unique"], unit="MB", most=40)
    ratios = [slow / quick for slow, quick in zip(spawned, warmed, strict=True)]
    theirs = f"{statistics.median(spawned):.0f} ms"
    yield Row(work="a trial's start", against="multiprocessing, spawn", values=ratios, theirs=theirs)


def risen(turns: Rotation, name: str) -> float:
    """Return the megabytes by which the high-water mark rose over the features."""
    return turns.bursts[name][0].high_water - turns.told[name]["base"]


def groups(effort: Effort) -> dict[str, Callable[[Effort], Iterable[Row]]]:
    """Return what is measured, by name, what is quick first."""
    found: dict[str, Callable[[Effort], Iterable[Row]]] = {
        "harness": added_by_the_harness, "listings": listings, "starts": starts
    }  # fmt: skip
    found |= {each.work: each.rows for each in trainings()}
    found |= {
        f"{each.work} {each.columns}": each.rows for each in measures() if each.columns <= 512 or not effort.is_quick
    }
    return found if effort.is_quick else found | {"large": large}


def trainings() -> Iterator[Training]:
    """Yield the models whose peers have networks of their own."""
    pythae = f"pythae {pins()['pythae']}"

    def of_pythae(networks: str) -> Side:
        return Side(pythae, "libraries:pythae", {"networks_": networks}, of_peers=True)

    def loop(name: str, function: str) -> Side:
        return Side(f"{name}, restated", f"loops:{function}")

    examples = Peer(loop("pytorch/examples vae", "examples_vae"), {"fp32": 2.8})
    yield Training(
        "MLP VAE 784-400-20, batch 128", "coder", "coder", "perceptron_coder",
        [examples, Peer(of_pythae("perceptron_coder"), {"fp32": 2.2})],
    )  # fmt: skip
    peer = Peer(of_pythae("convolutional_coder"), {"fp32": 1.05, "bf16": 1.4})
    yield Training(
        "conv VAE 32-64, batch 128", "coder", "coder", "convolutional_coder", [peer], ("fp32", "bf16")
    )  # fmt: skip
    peer = Peer(loop("PyTorch-GAN gan", "pytorch_gan"), {"fp32": 2.4})
    yield Training("MLP GAN, batch 128", "rivals", "rivals", "perceptron_rivals", [peer])
    peer = Peer(loop("pytorch/examples dcgan", "examples_dcgan"), {"fp32": 1.2, "bf16": 2.0})
    yield Training(
        "DCGAN 32x32 width 64, batch 128", "rivals", "rivals", "convolutional_rivals", [peer], ("fp32", "bf16")
    )  # fmt: skip


def measures() -> Iterator[Measure]:
    """Yield measures beside their peers."""
    fidelity, own = f"torch-fidelity {pins()['torch-fidelity']}", f"prdc {pins()['prdc']}"
    root = f"pytorch-fid {pins()['pytorch-fid']}"
    for columns in (512, 2048):
        goals = (5.0, 1.8) if columns == 2048 else (None, None)
        peers = {"fd by sqrtm": (root, goals[0]), "fd by eigenvalues": (fidelity, goals[1])}
        yield Measure("Frechet distance", "fd", peers, columns, rounds=3 if columns == 512 else 2)
    for columns, goal in ((64, 3.0), (512, 1.25), (2048, 1.25)):
        peer = {"kd by subsets": (f"{fidelity}, 100 subsets of 1000", goal)}
        yield Measure("kernel distance", "kd", peer, columns, agree=False, rounds=1 if columns == 2048 else 3)
    for columns in (64, 512, 2048):
        peer = {"prdc of prdc": (own, 4.0)}
        yield Measure(
            "precision, recall, density, coverage", "prdc", peer, columns, memory=8, rounds=1 if columns == 2048 else 2
        )  # fmt: skip


def guarded(work: str, measure: Callable[[Effort], Iterable[Row]], effort: Effort) -> list[Row]:
    """Measure a group; where no side of ours could run, say why instead."""
    try:
        return list(measure(effort))
    except Absent as reason:
        return [Row(work=work, absent=str(reason))]


def as_json(row: Row) -> dict[str, Any]:
    """Return a row with its values, median and whether it is met."""
    median = row.median if row.values else None
    return vars(row) | {"values": list(row.values), "median": median, "is_met": row.is_met}


def _rate(turns: Rotation, name: str) -> str:
    return f"{BATCH / statistics.median(turns.costs(name)):,.0f} ex/CPU-s"


def _speed(flops: float, turns: Rotation, name: str) -> str:
    return f"{flops / statistics.median(turns.costs(name)) / 1e9:.0f} GF/s"


def _seconds(turns: Rotation, name: str) -> str:
    return f"{statistics.median(turns.costs(name)):.3g} CPU-s"
