"""What is compared: every goal that a processor can measure, in groups whose sides take turns."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from benchmarks import harness
from benchmarks.comparisons import Measure, Peer, Training
from benchmarks.rotation import Side, ask, rotate
from benchmarks.rows import Row, risen, seconds, speed
from benchmarks.surroundings import pins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from benchmarks.rows import Effort


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


def large(effort: Effort) -> Iterator[Row]:
    """50,000 rows: memory above the features, and the share of the matrix products that three distances need."""
    rows, columns = 50_000, 512
    given = {"rows": rows, "columns": columns}
    sides = [Side(name, "measures:time", given | {"function": name}) for name in ("prdc", "kd")]
    turns = rotate([*sides, Side("limit", "limits:matmul", {"matmul": "medium"})], rounds=1, seconds=0)
    for name in ("prdc", "kd"):
        work = f"{name}, N 50k, D {columns}: memory above the features"
        yield Row(work=work, values=[risen(turns, name)], unit="MB", most=200, ours=seconds(turns, name))
    needed, product = 3 * 2 * rows**2 * columns, turns.told["limit"]["flops"]
    shares = [100 * needed / product * each for each in turns.ratios("limit", "prdc")]
    yield Row(
        work=f"prdc, N 50k, D {columns}", against="the limit: products of matrices", values=shares, unit="%", least=60,
        ours=speed(needed, turns, "prdc"), theirs=speed(product, turns, "limit"),
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
