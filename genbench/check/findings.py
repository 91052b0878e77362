"""What a check found: a verdict per comparison, and all that is needed to doubt it."""

from __future__ import annotations

from typing import Literal

from genbench.check.rules import Rules
from genbench.record import Environment
from genbench.refs import Frozen

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]
Half = Literal["quality", "throughput"]
HALVES: tuple[Half, ...] = ("quality", "throughput")
COLLAPSE = "collapse"
SPEEDS = ("training", "sampling", "setup")  # examples/s, samples/s, seconds to the second hand-out
UNITS = {"training": "examples/s", "sampling": "samples/s", "setup": "s", COLLAPSE: "of seeds"}
ALL_PASSED, REGRESSED, UNDECIDED = 0, 1, 3


class Gate(Frozen):
    """One comparison that a check is gated by."""

    model: str
    data: str
    measure: str  # "fd:classifier", "recall:classifier", "collapse", "training", "sampling", "setup"
    better: Literal["lower", "higher"]
    # what "worse by" means: a ratio of medians, deviations of the baseline's seeds, a difference of rates
    scale: Literal["ratio", "deviations", "rate"] = "ratio"
    deviation: float | None = None  # of the baseline's seeds, where the scale needs it
    detectable: float | None = None  # the smallest effect, in the scale's unit, that fails in 80 of 100 checks

    @property
    def half(self) -> Half:
        """Return whose error budget it shares."""
        return "throughput" if self.measure in SPEEDS else "quality"

    @property
    def cell(self) -> tuple[str, str]:
        """Return model and data set."""
        return self.model, self.data

    def __str__(self) -> str:
        return f"{self.model} on {self.data}: {self.measure}"


class Finding(Frozen):
    """What came of one comparison.

    Effects are signed so that positive is worse, whatever the measure: 0.1 is 10 % slower, 10 % more distance, 10 %
    less recall (candidate to baseline 1/1.1); 1.5 deviations; 0.2 more of the seeds collapsed.
    """

    gate: Gate
    verdict: Verdict
    reason: str = ""  # where the numbers alone do not say it: "identical", "missing", "host bias", "time is up"
    is_gated: bool = True  # what is only reported has no say in the exit code
    effect: float | None = None
    interval: tuple[float, float] | None = None  # 95 %
    baseline: float | None = None  # medians in the measure's own unit
    candidate: float | None = None
    n: tuple[int, int] = (0, 0)  # seeds or processes of baseline and candidate
    looks: tuple[int, int] = (0, 0)  # used, planned
    p_worse: float | None = None  # of "no worse", and the level that it had to reach
    p_worse_level: float | None = None
    p_tolerable: float | None = None  # of "worse by the margin", likewise
    p_tolerable_level: float | None = None
    detectable: float | None = None  # with the spread that was seen
    control: float | None = None  # effect of the baseline's copy in the candidate's place
    notes: tuple[str, ...] = ()  # "much better than the baseline: verify", ...


class Host(Frozen):
    """How steady the machine was while it was timed."""

    cores: int
    load: tuple[float, float]  # of a minute, at the beginning and at the end
    steal: float | None  # share of processor time that the host took away, where Linux tells
    spread: float | None  # deviation of the log ratios of pairs, median over comparisons
    throttled: tuple[str, ...] = ()  # reasons that a GPU gives


class Checked(Frozen):
    """A whole check, ready to be shown."""

    schema_version: int = 1
    baseline: str  # its path, as the user gave it
    baseline_digest: str
    rules: Rules
    rules_from: str | None = None  # the ref that baseline and thresholds were taken from
    is_baseline_changed: bool = False  # the change that is judged touches its own baseline
    against: str | None = None  # "origin/main = 1a2b3c4d5e6f", a wheel, a folder
    seed: int = 0  # of coin flips
    findings: tuple[Finding, ...]  # gated ones first
    differences: tuple[str, ...] = ()  # from the baseline's machine and versions, noted
    warnings: tuple[str, ...] = ()
    environment: Environment
    host: Host | None = None
    started: str  # ISO 8601, UTC
    seconds: float
    run: str | None = None  # folder of the candidate's records
    timings: str | None = None  # folder of the pairs' raw timings

    @property
    def gated(self) -> tuple[Finding, ...]:
        """Return what has a say."""
        return tuple(each for each in self.findings if each.is_gated)

    @property
    def verdict(self) -> Verdict:
        """Return FAIL if anything failed, PASS if everything passed; nothing compared is inconclusive."""
        found = {each.verdict for each in self.gated}
        if "FAIL" in found:
            return "FAIL"
        return "PASS" if found == {"PASS"} else "INCONCLUSIVE"

    def exit_code(self, *, warns_only: bool = False) -> int:
        """Return 0, 1 or 3; `warns_only` lets an inconclusive check pass of which a comparison reached a look."""
        if self.verdict == "INCONCLUSIVE" and warns_only and any(each.looks[0] for each in self.gated):
            return ALL_PASSED
        return {"PASS": ALL_PASSED, "FAIL": REGRESSED, "INCONCLUSIVE": UNDECIDED}[self.verdict]
