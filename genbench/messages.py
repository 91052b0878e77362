"""What crosses, as JSON, between the harness and the processes that work for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.hookspecs import Kind
from genbench.plan import Broken
from genbench.record import Mark, Measure, Prepared, Probe, SampleFile, Spend, Trial
from genbench.refs import Frozen, ModelRef, Split
from genbench.windows import WINDOW

PICTURE, EXCERPTS = "samples.png", "samples.txt"  # the second of text
RECONSTRUCTIONS = "reconstructions.png"


class Inspect(Frozen):
    """A model to validate, with the options that the user gave."""

    name: str
    options: dict[str, Any] = {}
    batch_size: int | None = None


class Inspected(Frozen):
    """What validation found: a model and its kinds, or what is wrong with it."""

    model: ModelRef | None = None
    kinds: tuple[Kind, ...] = ()
    options_schema: dict[str, Any] | None = None
    broken: Broken | None = None


class Configure(Frozen):
    """Options that were drawn for a model, each beside those that are given; answered by a `Configured`."""

    model: Inspect
    candidates: tuple[dict[str, Any], ...]


class Configured(Frozen):
    """All options of each candidate, or why the model refuses it."""

    options: tuple[dict[str, Any] | None, ...]
    reasons: tuple[str | None, ...]


class Prepare(Frozen):
    """A data set to decode, check, split and keep; answered by a `Prepared`, and the features that suit it."""

    name: str
    features: tuple[str, ...] | None
    data_root: Path | None
    cache: Path
    weights: dict[str, Path] = {}
    protocol: str | None = None


class Ready(Frozen):
    """A data set that is ready, and the feature spaces it is judged in."""

    data: Prepared
    features: tuple[str, ...]


class Job(Frozen):
    """A trial, and where to find and leave things; of the data it is given the train split alone."""

    trial: Trial
    train: Path  # folder of rows.npy and, where labelled, labels.npy
    folder: Path  # of this attempt
    counts: dict[Split, int]  # samples to draw for each split that they are judged against
    sample_batch: int
    hand_outs: int | None  # the budget, resolved; None when it is counted in seconds
    observers: tuple[str, ...] = ()
    earlier: Path | None = None  # folder of an earlier attempt, whose checkpoint is where to go on
    window: float = WINDOW  # seconds of each window of a probe
    protected: tuple[Path, ...] = ()  # folders and files that a plugin has no business to open; what it opens is marked


class Outcome(Frozen):
    """What came of an attempt, as far as it got."""

    status: str
    message: str | None = None
    spend: Spend | None = None
    marks: tuple[Mark, ...] = ()
    samples: tuple[SampleFile, ...] = ()
    clamped: dict[str, float] = {}
    digests: dict[str, str] = {}
    files: dict[str, str] = {}
    kept: tuple[str, ...] = ()
    is_conditional: bool = False
    oscillation: dict[str, float] = {}
    sampling: str | None = None
    continued: int = 0  # hand-outs that earlier attempts had done, and that were not done again
    warnings: tuple[str, ...] = ()


class ProbeOutcome(Frozen):
    """What came of a probe."""

    status: str
    message: str | None = None
    probe: Probe | None = None
    warnings: tuple[str, ...] = ()


class Score(Frozen):
    """A trained model to be asked for likelihoods and reconstructions of held-out rows, which it has not met before."""

    trial: Trial
    data: Prepared
    snapshot: Path
    folder: Path


class Places(Frozen):
    """Where the judge finds and leaves things, and where it computes."""

    cache: Path  # features of real rows, and which extractors were verified
    run: Path | None = None  # extractors that were trained for this run
    weights: dict[str, Path] = {}  # the user's files, by feature space
    device: str = "cpu"


class Judge(Frozen):
    """Samples of one trial, and the data to judge them against."""

    places: Places
    data: Prepared
    features: tuple[str, ...]
    samples: tuple[SampleFile, ...]
    metrics: tuple[str, ...] = ()  # besides the standard ones
    picture: Path  # of the headline variant at the end; of text a .txt beside it


class Judged(Frozen):
    """Measures, from the judge or from the model's own word."""

    measures: tuple[Measure, ...]
    warnings: tuple[str, ...] = ()


class Controls(Frozen):
    """A data set whose floor and controls are wanted; answered by a `Reference`."""

    places: Places
    data: Prepared
    features: tuple[str, ...]
    counts: dict[Split, int]  # samples that trials are judged by
    metrics: tuple[str, ...] = ()


class CurveFile(Frozen):
    """Curves as they are stored: name to (hand-outs, value)."""

    curves: dict[str, list[tuple[int, float]]]
