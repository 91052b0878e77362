"""Raw timings of a check: what one fresh process of an arm is asked for and tells, and a pair of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from genbench.refs import DataRef, Frozen

PROTOCOL = 1  # of requests and timings, which cross between versions of genbench
ArmName = Literal["baseline", "candidate"]


class TimingRequest(Frozen):
    """What to time. Each arm makes its own trial of it, by its own code and its own defaults."""

    protocol: int = PROTOCOL
    model: str
    options: dict[str, Any] = {}  # as the study gives them
    batch_size: int | None = None
    data: DataRef
    train: Path  # folder of rows.npy and, where labelled, labels.npy
    seed: int = 0
    device: str = "cpu"
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False
    matmul: Literal["highest", "medium"] = "highest"
    threads: int = 1
    sample_batch: int = 1000
    windows: int = 10
    window: float = 0.5  # seconds
    package: str | None = None  # import name whose place is told; None: the model's own

    def line(self) -> bytes:
        """Return it as JSON, as versions understand it that know of no `matmul`, where that is torch's own."""
        left_out = {"matmul"} if self.matmul == "highest" else None
        return self.model_dump_json(exclude=left_out).encode() + b"\n"


class Timing(Frozen):
    """What one fresh process measured; empty with a reason where it could not."""

    training: tuple[float, ...] = ()  # examples/s of each window after the warm-up
    sampling: tuple[float, ...] = ()  # samples/s of each large draw
    setup: float | None = None  # seconds to the second hand-out
    place: str = ""  # file from which the package under test was imported
    genbench: str = ""  # version
    code: str = ""  # sha256 of the model's own source
    warnings: tuple[str, ...] = ()
    failure: str | None = None  # "FAILED(train): genbench-foo 0.2 [foo] train: ..."


class Pair(Frozen):
    """Two fresh processes, back to back."""

    schema_version: int = 1
    model: str
    data: str
    number: int
    is_control: bool = False  # the candidate's place held a copy of the baseline
    first: ArmName  # by a coin flip
    hash_seed: int  # of both, another one for every pair
    padding: int  # bytes by which the environment was made larger, likewise
    baseline: Timing
    candidate: Timing
    started: str  # ISO 8601, UTC
    seconds: float
    load: float  # of the last minute, before it
