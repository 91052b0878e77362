"""The frozen types that are persisted: what a trial is, what it spent, what was measured, one record of it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from genbench.budget import Budget
from genbench.refs import DataRef, Frozen, ModelRef, Split, digest_of

SCHEMA = 1
PROTOCOL_SPACE = "inception_tf"  # of fid50k-train


class Tuned(Frozen):
    """Where a configuration of a model stands in an equal search; of the chosen one also by what it was chosen."""

    trials: int  # configurations that every model was to try
    number: int  # of this one; 0: what the study gives, else the defaults
    sampler: str  # what drew it: "random"
    seed: int  # by which it was drawn
    by: tuple[str, ...] = ()  # of the chosen one: measures on validation rows, the first deciding
    tried: int = 0  # of the chosen one: distinct configurations that there were, failed ones included
    failed: int = 0


class Trial(Frozen):
    """Everything that decides a trial's numbers; its id is the hash of it."""

    schema_version: int = SCHEMA
    purpose: Literal["score", "probe", "tune"] = "score"  # tune: judged on validation rows alone, to choose by
    model: ModelRef
    data: DataRef
    budget: Budget
    seed: int
    marks: tuple[float, ...]  # fractions of the budget, ascending, below 1
    device: str
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False
    matmul: Literal["highest", "medium"] = "highest"  # torch's float32 products on the CPU: `genbench.arithmetic`
    threads: int = 1
    features: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()  # asked for besides the standard ones
    protocol: Literal["fid50k-train"] | None = None  # a convention of papers that is measured too
    tuned: Tuned | None = None  # of `genbench tune`

    @property
    def id(self) -> str:
        """Return the trial's name in the results folder."""
        return self.digest()

    def digest(self) -> str:
        """Return the same digits as before there were `matmul`, tables, alphabets, labels, tuning, where none are."""
        unset = {name for name in ("table", "alphabet") if getattr(self.data, name) is None}
        left_out: dict[str, Any] = {"data": unset} | ({"matmul": True} if self.matmul == "highest" else {})
        left_out |= ({"model": {"label"}} if self.model.label is None else {}) | (
            {"tuned": True} if self.tuned is None else {}
        )
        return digest_of(self.model_dump(mode="json", exclude=left_out))


class Identity(Frozen):
    """What a number is a number of; two numbers compare only when their identities are equal."""

    metric: str  # "fd", "kd", "precision", ...
    n: int  # samples, and rows of the reference where `n_real` does not say otherwise
    split: Split | Literal["given"]  # of the reference; given by the user as rows
    data: str  # DataRef.hash, or the hash of the rows given
    features: str  # "pixels", "classifier", "coordinates"
    features_hash: str
    dtype: str = "float64"
    k: int | None = None
    n_real: int | None = None  # rows of the reference, where they are not as many as the samples

    def __str__(self) -> str:
        k = f",k={self.k}" if self.k is not None else ""
        return f"{self.metric}@{self.n}{k}:{self.features}"


class Measure(Frozen):
    """One number with what it needs to be believed."""

    identity: Identity
    value: float | None  # None with a reason in `warnings`
    se: float | None = None  # standard error of metric sampling, where defined
    variant: str = "default"
    mark: float = 1.0  # fraction of the budget at which the photograph was taken; 1.0 is the end
    warnings: tuple[str, ...] = ()
    better: Literal["lower", "higher"] | None = None  # of a third party's metric; the catalogue knows the built-in ones


class Overrun(Frozen):
    """How far a trial went past its budget."""

    examples: int = 0
    seconds: float = 0.0  # from the stream's end, or that of a budget in seconds, to the return of `train`
    # later than max(two median hand-outs, 1 % of the charged seconds, 1 ms), and not held up; or one step went past the
    # end of a budget in seconds by as much, and by 0.1 s
    is_late: bool = False


class Spend(Frozen):
    """What a trial was charged, in every currency."""

    examples: int
    steps: int  # hand-outs
    updates: dict[str, int | Literal["unobserved"]]  # per direct child of the model
    seconds: float
    setup_seconds: float  # to the request of the second hand-out; part of `seconds`
    flops: float | None  # from the probe's count per example
    parameters: int
    peak_memory_bytes: int | None  # device memory on a GPU; on the CPU the rise of the high-water mark since `build`
    overrun: Overrun
    is_shared: bool  # other trials ran on the machine: seconds and memory are used for nothing
    fraction: float  # of the budget, below 1 where `train` returned early
    joules: float | None = None  # drawn by the device, where it counts them


class Mark(Frozen):
    """A photograph: where in the budget, and what it contains."""

    fraction: float
    steps: int
    seconds: float
    updates: dict[str, int | Literal["unobserved"]]
    joules: float | None = None  # drawn by the device until then, where it counts them


class SampleFile(Frozen):
    """Samples on disk, ready to be judged: uint8 images, float32 rows in the data's own units, int64 tokens; .npy."""

    variant: str
    mark: float
    split: Split  # to judge against
    path: Path


class Gauge(Frozen):
    """What a machine showed at one moment; None and empty where it does not tell."""

    sm_mhz: int | None = None  # clock of a GPU's processors
    memory_mhz: int | None = None
    throttle: tuple[str, ...] = ()  # what held the clocks back
    joules: float | None = None  # drawn by the device since it was started
    load: float | None = None  # runnable tasks of the host, a mean over the last minute


class Probe(Frozen):
    """Steady speed of one model on one data set, measured alone on the machine."""

    examples_per_second: tuple[float, ...]  # one value per window
    samples_per_second: tuple[float, ...]
    sample_batch: int
    latency_ms: tuple[float, float]  # p50, p95 at a batch of 1
    setup_seconds: float
    peak_memory_bytes: int | None
    parameters: int
    flops_per_example: float
    uncounted: tuple[str, ...]  # operations without a formula
    hand_outs: int  # over which FLOPs were counted
    window_seconds: float | None = None  # of each window of training and of sampling
    latency_p99_ms: float | None = None
    latency_draws: int | None = None
    peak_reserved_bytes: int | None = None  # held by torch's allocator on a GPU, in use or not
    matmul_peak_flops: float | None = None  # per second: the fastest matrix product of the same device and precision
    matmul_arithmetic: str | None = None  # of that product: "float32, highest"
    joules_per_1000_examples: float | None = None  # drawn by the device while training, where it counts them
    gauges: tuple[Gauge, ...] = ()  # at the edges of the windows of training


class Environment(Frozen):
    """What ran where."""

    genbench: str
    code: str = ""  # sha256 over genbench's own source
    python: str
    platform: str
    cpu: str
    cores: int
    memory_bytes: int
    device: str  # "cpu", "cuda:0", "mps"
    device_name: str
    device_count: int = 0  # CUDA devices that could be used
    driver: str | None
    packages: dict[str, str]
    settings: dict[str, str]  # allow-listed environment variables and torch flags
    commit: str | None = None


class Record(Frozen):
    """One attempt at one trial: a row, also when it failed."""

    schema_version: int = SCHEMA
    trial: Trial
    attempt: int
    status: str  # "OK", "FAILED(train)", "DIVERGED", "TIMEOUT", "OOM(host)", "CRASHED(SIGSEGV)", ...
    message: str | None = None  # names the culprit and the hook
    log_tail: str | None = None
    hand_outs: int = 0  # as seen from outside the process, also when it was killed
    spend: Spend | None = None
    marks: tuple[Mark, ...] = ()
    measures: tuple[Measure, ...] = ()
    probe: Probe | None = None
    environment: Environment
    digests: dict[str, str] = {}  # sha256 of "weights" and of "samples:<variant>"
    files: dict[str, str] = {}  # curves, pictures, samples: paths relative to the attempt's folder
    clamped: dict[str, float] = {}  # share of values out of range, per variant
    oscillation: dict[str, float] = {}  # how much each logged loss swings around its trend, see genbench.stats.curves
    kept: tuple[str, ...] = ()  # names registered with `batches.keep`
    continued: int = 0  # hand-outs that earlier attempts had done, and that were not done again
    is_conditional: bool = False  # the model asked for labels
    sampling: str | None = None  # what a sample is, in the model's own words: "decoder mean"
    warnings: tuple[str, ...] = ()
    started: str  # ISO 8601, UTC
    wall_seconds: float
    side_by_side: int = 1  # the most processes at once on its device, itself included; on a CPU, on the machine

    @property
    def is_ok(self) -> bool:
        """Whether the trial counts as done well."""
        return self.status == "OK"

    def measure(self, name: str, *, split: Split = "held_out", variant: str | None = None, mark: float = 1.0) -> float:
        """Return a measure by its short name, as `fd:classifier`; NaN where it was not measured.

        `variant` None is the headline one, fixed before training.
        """
        wanted = self.trial.model.variants[0] if variant is None else variant
        for each in self.measures:
            at = (f"{each.identity.metric}:{each.identity.features}", each.identity.split, each.variant, each.mark)
            if at == (name, split, wanted, mark) and each.value is not None:
                return each.value
        return float("nan")


class Reference(Frozen):
    """What a data set's numbers mean: the floor and the two controls, made without any model."""

    schema_version: int = SCHEMA
    data: DataRef
    # the floor is a mean over 10 draws, and its `se` their deviation
    measures: dict[Literal["floor", "noise", "memoriser"], tuple[Measure, ...]]


class Prepared(Frozen):
    """A data set on disk, decoded, split and checked; made by `genbench.data.prepare`."""

    ref: DataRef
    folder: Path  # holds <split>/rows.npy and, where labelled, <split>/labels.npy

    def rows(self, split: Split) -> np.ndarray[Any, Any]:
        """Return a split's rows, memory-mapped, as `genbench.data.dataset.FORMS` says; points in their own units."""
        rows: np.ndarray[Any, Any] = np.load(self.folder / split / "rows.npy", mmap_mode="r", allow_pickle=False)
        return rows

    def labels(self, split: Split) -> np.ndarray[Any, Any] | None:
        """Return a split's labels, int64 [n], or None where there are none."""
        path = self.folder / split / "labels.npy"
        return np.load(path, allow_pickle=False) if path.exists() else None
