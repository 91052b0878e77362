"""Builders of records as a run leaves them: two models, five seeds, marks, images and points, with a failed seed."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from genbench.budget import Budget
from genbench.record import Environment, Gauge, Identity, Mark, Measure, Overrun, Probe, Record, Reference, Spend, Trial
from genbench.refs import DataRef, Mixture, ModelRef

MARKS = (0.25, 0.5, 0.75)
DIGITS = DataRef(
    name="digits",
    kind="image",
    shape=(1, 8, 8),
    classes=10,
    labelled=True,
    counts={"train": 997, "validation": 300, "held_out": 500},
    hash="d1" * 32,
)
RING = DataRef(
    name="ring8",
    kind="points",
    shape=(2,),
    classes=None,
    labelled=False,
    counts={"train": 100_000, "validation": 10_000, "held_out": 10_000},
    hash="e2" * 32,
    mixture=Mixture(centres=tuple((float(i), 0.0) for i in range(8)), deviation=0.02),
)
ENVIRONMENT = Environment(
    genbench="0.1.0",
    python="3.12",
    platform="linux",
    cpu="x86",
    cores=2,
    memory_bytes=8 * 2**30,
    device="cpu",
    device_name="x86",
    driver=None,
    packages={},
    settings={},
)


def identity(
    metric: str, data: DataRef, *, split: str = "held_out", n: int | None = None, digest: str = "3f2a91c07b"
) -> Identity:
    features = (
        "coordinates" if data.kind == "points" else "pixels" if metric in ("copies", "duplicates") else "classifier"
    )
    k = 5 if metric in ("precision", "recall", "density", "coverage") else None
    rows = data.counts[split] if n is None else n
    return Identity(metric=metric, n=rows, split=split, data=data.hash, features=features, features_hash=digest, k=k)


def measure(metric: str, value: float | None, data: DataRef = DIGITS, **changes: Any) -> Measure:
    named = {key: changes.pop(key) for key in ("split", "n", "digest") if key in changes}
    return Measure(identity=identity(metric, data, **named), value=value, **changes)


def floors(recall: float = 0.9, diversity: float = 6.0) -> tuple[Measure, ...]:
    """The floor on validation rows."""
    values = {"fd": 1.8, "recall": recall, "vendi_fake": diversity}
    return tuple(measure(metric, value, split="validation", se=0.07 * value) for metric, value in values.items())


def model(name: str, **changes: Any) -> ModelRef:
    fields: dict[str, Any] = {
        "name": name,
        "distribution": f"genbench-{name} 0.1",
        "module": name,
        "code": "c0de" * 16,
        "options": {"latent": 16},
        "batch_size": 128,
        "variants": ("default",),
        "hooks": ("build", "train", "sample"),
    }
    return ModelRef(**(fields | changes))


def trial(name: str = "vae", seed: int = 0, **changes: Any) -> Trial:
    fields: dict[str, Any] = {
        "model": model(name),
        "data": DIGITS,
        "budget": Budget(4800, "steps"),
        "seed": seed,
        "marks": MARKS,
        "device": "cpu",
        "features": ("classifier",),
    }
    return Trial(**(fields | changes))


def spend(**changes: Any) -> Spend:
    fields: dict[str, Any] = {
        "examples": 614_400,
        "steps": 4800,
        "updates": {"encoder": 4800, "decoder": 4800},
        "seconds": 12.4,
        "setup_seconds": 0.3,
        "flops": 2.1e11,
        "parameters": 312_000,
        "peak_memory_bytes": None,
        "overrun": Overrun(),
        "is_shared": False,
        "fraction": 1.0,
    }
    return Spend(**(fields | changes))


def record(
    of: Trial | None = None, *, measures: tuple[Measure, ...] = (), status: str = "OK", **changes: Any
) -> Record:
    of = of or trial()
    own_spend = changes.pop("spend", spend())
    seconds = own_spend.seconds if own_spend is not None else 12.4
    updates = own_spend.updates if own_spend is not None else {}
    marks = tuple(
        Mark(
            fraction=at,
            steps=int(at * 4800),
            seconds=at * seconds,
            updates={name: count if count == "unobserved" else int(at * count) for name, count in updates.items()},
            joules=None if own_spend is None or own_spend.joules is None else at * own_spend.joules,
        )
        for at in of.marks
    )
    fields: dict[str, Any] = {
        "trial": of,
        "attempt": 1,
        "status": status,
        "spend": own_spend,
        "marks": marks,
        "measures": measures,
        "environment": ENVIRONMENT,
        "started": "2026-11-22T20:00:00Z",
        "wall_seconds": 20.0,
    }
    return Record(**(fields | changes))


def curve(
    fd: tuple[float, ...], data: DataRef = DIGITS, metric: str = "fd", variant: str = "default"
) -> tuple[Measure, ...]:
    """Validation values at the marks and at the end."""
    at = (*MARKS, 1.0)[: len(fd)]
    return tuple(
        measure(metric, value, data, split="validation", mark=mark, variant=variant)
        for mark, value in zip(at, fd, strict=True)
    )


def image_measures(fd: float, *, variant: str = "default", copying: float = 0.0) -> tuple[Measure, ...]:
    """Numbers that go with a held-out FD."""
    values = {
        "fd": fd,
        "kd": 0.0021 * fd,
        "precision": 0.95 - 0.008 * fd,
        "recall": 0.93 - 0.02 * fd,
        "density": 0.9 - 0.01 * fd,
        "coverage": 0.97 - 0.015 * fd,
        "copies": copying,
        "duplicates": 0.0,
    }
    return tuple(measure(metric, value, variant=variant) for metric, value in values.items())


def probe(name: str, **changes: Any) -> Record:
    fields: dict[str, Any] = {
        "examples_per_second": (51_000.0, 49_800.0, 52_100.0),
        "samples_per_second": (310_000.0, 305_000.0, 312_000.0),
        "sample_batch": 1000,
        "latency_ms": (0.21, 0.34),
        "setup_seconds": 0.31,
        "peak_memory_bytes": 41_500_000,
        "parameters": 312_480,
        "flops_per_example": 1_873_920.0,
        "uncounted": (),
        "hand_outs": 64,
        "window_seconds": 0.5,
        "latency_p99_ms": 0.41,
        "latency_draws": 1000,
        "matmul_peak_flops": 1.12e11 if name == "vae" else 1.08e11,
        "matmul_arithmetic": "float32, highest",
        "gauges": (Gauge(load=0.9),) * 11,
    }
    of = trial(name, purpose="probe", marks=(), **({"model": changes.pop("model")} if "model" in changes else {}))
    return record(of, measures=(), spend=None, probe=Probe(**(fields | changes)))


GAN = model("gan", variants=("raw", "ema"), options={"latent": 32})


def images() -> tuple[Record, ...]:
    """Two models on digits, a diverged seed of the second."""
    draws = random.Random(7)
    found = []
    for seed in range(5):
        fd = 12.4 + draws.uniform(-0.7, 0.7)
        steps = (fd * 1.6, fd * 1.25, fd * 1.1, fd * 1.02)
        recalls = tuple(0.9 - 0.01 * each for each in steps)
        measures = (*image_measures(fd), *curve(steps), *curve(recalls, metric="recall"))
        found.append(record(trial("vae", seed), measures=measures, oscillation={"loss": 0.04 + 0.01 * seed}))
    for seed in range(5):
        fd = 9.7 + draws.uniform(-2.2, 2.2)
        steps = (fd * 4.0, fd * 1.7, fd * 0.98, fd * 1.03)
        measures = (
            *image_measures(fd, variant="raw"),
            *image_measures(fd * 0.8, variant="ema"),
            *curve(steps, variant="raw"),
            *curve((0.05, 0.3, 0.6, 0.7 if seed else 0.02), metric="recall", variant="raw"),
        )
        spent = spend(updates={"critic": 4800, "generator": 2400}, seconds=17.9, flops=3.4e11)
        of = trial("gan", seed, model=GAN)
        if seed == 3:
            failed = {
                "status": "DIVERGED",
                "message": "genbench-gan 0.1 [gan] train: loss is nan at step 2912\ndetails",
            }
            found.append(record(of, measures=curve(steps, variant="raw")[:2], spend=spent, **failed))
        else:
            swings = {"loss_critic": 0.31 + 0.02 * seed, "loss_generator": 0.12, "accuracy": 0.9}
            found.append(record(of, measures=measures, spend=spent, oscillation=swings))
    return (*found, probe("vae"), probe("gan", model=GAN, examples_per_second=(33_000.0, 33_400.0, 32_900.0)))


def points() -> tuple[Record, ...]:
    """Two models on a ring of eight modes, all trials well."""
    found = []
    for seed in range(6):
        for name, hq, kl in (("vae", 0.61, 0.002), ("gan", 0.93, 0.31)):
            share = hq + 0.004 * seed
            modes = 8 if name == "vae" else 8 - seed % 2
            values = {"modes": modes, "hq_share": share, "reverse_kl": kl + 0.001 * seed, "fd": kl / 10, "recall": 0.9}
            held_out = tuple(measure(metric, value, RING) for metric, value in values.items())
            along = curve((share * 0.2, share * 0.6, share * 0.9, share), RING, "hq_share")
            of = trial(name, seed, data=RING, features=("coordinates",))
            found.append(record(of, measures=(*held_out, *along)))
    return tuple(found)


def references() -> dict[str, Reference]:
    """Floor and controls of both data sets."""
    floor = {"fd": 1.1, "kd": 0.0001, "precision": 0.93, "recall": 0.93, "density": 1.0, "coverage": 0.97}
    memoriser = {
        "fd": 1.4,
        "kd": 0.001,
        "precision": 0.95,
        "recall": 0.9,
        "density": 1.0,
        "coverage": 0.96,
        "copies": 1.0,
    }
    noise = {"fd": 215.0, "kd": 1.93, "precision": 0.0, "recall": 0.0, "density": 0.0, "coverage": 0.0, "copies": 0.0}
    of_points = {"modes": 8.0, "hq_share": 0.9889, "reverse_kl": 0.0004, "fd": 0.0002, "recall": 0.93}
    digits = {
        "floor": (*(measure(metric, value, se=0.07 * value) for metric, value in floor.items()), *floors()),
        "memoriser": tuple(measure(metric, value) for metric, value in memoriser.items()),
        "noise": tuple(measure(metric, value) for metric, value in noise.items()),
    }
    ring = {"floor": tuple(measure(metric, value, RING, se=0.003 * value) for metric, value in of_points.items())}
    return {"digits": Reference(data=DIGITS, measures=digits), "ring8": Reference(data=RING, measures=ring)}


@pytest.fixture(scope="session")
def built() -> SimpleNamespace:
    """Every builder under its name."""
    return SimpleNamespace(
        DIGITS=DIGITS,
        RING=RING,
        curve=curve,
        floors=floors,
        identity=identity,
        image_measures=image_measures,
        images=images(),
        measure=measure,
        model=model,
        points=points(),
        probe=probe,
        record=record,
        references=references(),
        spend=spend,
        trial=trial,
    )
