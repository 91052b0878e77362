"""Do the field's known findings come out here? A table of claims, each with the verdict of the harness's statistics.

genbench run studies/findings.toml --output RUNS
genbench run studies/findings_minimax.toml --output RUNS
python -m benchmarks.findings RUNS/*        # writes results/reference/findings.md
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, log, nan
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import pages
from genbench.stats.pairs import LEVEL, compare, holm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from genbench.record import Record, Spend
    from genbench.stats.pairs import Comparison

PAGE = Path(__file__).parents[1] / "results" / "reference" / "findings.md"
HEADER = ("finding", "data", "measure", "claimed better", "claimed worse", "pairs won", "p", "p, Holm", "verdict")
READING = """\
A finding is a claim that one model is better than another by one measure. Values are medians over seeds with the least
and the most; pairs won, over all pairs of seeds; p, the exact two-sided rank-sum test; Holm's correction is over all
claims of the page. COMES OUT: better as claimed at 5 % after the correction. THE OPPOSITE: worse at 5 % after it. NOT
TOLD APART: neither, at this budget and with these seeds, which proves no equality.

`modes` counts the modes of 8 or 25 that hold a sample of high quality; recall and precision are of k nearest neighbours
(Kynkaanniemi et al. 2019): in the features of the classifier for digits, in coordinates for points. The spread over
seeds is the distance of a seed's log FD from the model's median (after Brown & Forsythe 1974), so that a model that is
worse is not wider for it; that both medians are estimated makes its p approximate. Budgets are those of two cores, not
those of the papers. Charged seconds are of trials side by side on a machine with other work: they tell an order."""

SPACES = {"ring8": "coordinates", "grid25": "coordinates", "digits": "classifier"}  # in which distances are taken


@dataclass(frozen=True)
class Claim:
    """That the first model is better than the second."""

    finding: str
    better: str  # as the study calls it
    worse: str
    data: str
    measure: str
    lower_is_better: bool = False
    transform: str = ""  # "spread": of each seed from its model's median


FINDINGS = (
    *(
        Claim(f"{name} keeps modes that gan loses", name, "gan", data, "modes")
        for data in ("ring8", "grid25")
        for name in ("pacgan", "unrolled_gan", "wgan_gp")
    ),
    Claim("minimax stalls where non-saturating learns", "gan", "gan@mm", "digits", "fd", lower_is_better=True),
    Claim("variational models cover", "vae", "gan", "digits", "recall"),
    Claim("adversarial ones are precise", "gan", "vae", "digits", "precision"),
    Claim("adversarial ones spread more over seeds", "vae", "gan", "digits", "fd", True, "spread"),
    Claim("adversarial ones spread more over seeds", "vae", "gan", "ring8", "fd", True, "spread"),
)


def values(records: Iterable[Record], model: str, data: str, measure: str) -> list[float]:
    """Return a measure of the last weights, a value per planned seed by the headline variant; NaN where it failed."""
    found = [each for each in records if each.trial.model.title == model and each.trial.data.name == data]
    return [_value(each, measure) for each in sorted(found, key=lambda each: each.trial.seed)]


def _value(record: Record, measure: str) -> float:
    asked = (measure, SPACES[record.trial.data.name], "held_out")
    for each in record.measures:
        found = (each.identity.metric, each.identity.features, each.identity.split)
        if found == asked and each.variant == record.trial.model.variants[0] and each.value is not None:
            return each.value
    return nan


def spread(found: Sequence[float]) -> list[float]:
    """Return how far the log of each seed is from the median of all; infinite for a seed that failed."""
    logs = [log(each) if isfinite(each) and each > 0 else inf for each in found]
    middle = median(logs)
    return [abs(each - middle) if isfinite(each) else inf for each in logs]


TRANSFORMS: dict[str, Callable[[Sequence[float]], list[float]]] = {"": list, "spread": spread}


def verdict(found: Comparison, corrected: float) -> str:
    """Say whether the claim comes out."""
    if corrected > LEVEL or found.probability == 0.5:
        return "**NOT TOLD APART**"
    return "COMES OUT" if found.probability > 0.5 else "**THE OPPOSITE**"


def judged(records: Sequence[Record]) -> list[list[str]]:
    """Return a row of cells for every claim of which both sides were run."""
    compared = []
    for claim in FINDINGS:
        change = TRANSFORMS[claim.transform]
        sides = [values(records, name, claim.data, claim.measure) for name in (claim.better, claim.worse)]
        if all(sides):
            ours, theirs = (change(side) for side in sides)
            compared.append((claim, ours, theirs, compare(ours, theirs, lower_is_better=claim.lower_is_better)))
    corrected = holm([found.p for *_, found in compared])
    return [_cells(*each, p) for each, p in zip(compared, corrected, strict=True)]


def _cells(claim: Claim, ours: list[float], theirs: list[float], found: Comparison, corrected: float) -> list[str]:
    measure = f"{claim.transform} of {claim.measure}" if claim.transform else claim.measure
    return [
        claim.finding, claim.data, f"{measure} {'↓' if claim.lower_is_better else '↑'}",
        f"{claim.better}: {_told(ours)}", f"{claim.worse}: {_told(theirs)}",
        f"{found.better} of {found.pairs}", f"{found.p:.2g}", f"{corrected:.2g}", verdict(found, corrected),
    ]  # fmt: skip


def _told(found: Sequence[float]) -> str:
    good = [each for each in found if isfinite(each)]
    failed = f", {len(found) - len(good)} of {len(found)} failed" if len(good) < len(found) else ""
    return f"{median(good):.3g} [{min(good):.3g}–{max(good):.3g}]{failed}" if good else f"none of {len(found)}"


def compute(records: Sequence[Record]) -> list[list[str]]:
    """Return, by data set, what the same examples cost: steps, FLOPs where probes counted, charged seconds."""
    rows = []
    for data in dict.fromkeys(each.trial.data.name for each in records):
        spent: dict[str, list[Spend]] = {}
        for each in records:
            if each.trial.data.name == data and each.spend is not None:
                spent.setdefault(each.trial.model.title, []).append(each.spend)
        rows += [[data, name, f"{found[0].steps:,}", *costs] for (name, found), costs in _costs(spent)]
    return rows


def _costs(spent: dict[str, list[Spend]]) -> Iterable[tuple[tuple[str, list[Spend]], list[str]]]:
    """Yield FLOPs and seconds of each model, medians, each also as a multiple of the least."""
    flops = {name: median(each.flops or nan for each in found) for name, found in spent.items()}
    seconds = {name: median(each.seconds for each in found) for name, found in spent.items()}
    for each in spent.items():
        of_flops, of_seconds = flops[each[0]], seconds[each[0]]
        counted = [f"{of_flops:.3g}", f"{of_flops / min(flops.values()):.2f}"] if isfinite(of_flops) else ["–", "–"]
        yield each, [*counted, f"{of_seconds:.1f}", f"{of_seconds / min(seconds.values()):.2f}"]


def page(records: Sequence[Record]) -> str:
    """Return the whole page."""
    first = records[0]
    seeds = len({each.trial.seed for each in records})
    where = f"{first.environment.cpu}, {first.environment.cores} cores, {first.trial.threads} thread a trial"
    budget = " and ".join(sorted({str(each.trial.budget) for each in records}))
    head = [f"{budget}, {seeds} seeds, {first.started[:10]}, {where}; made by `python -m benchmarks.findings`."]
    header = ("data", "model", "steps", "FLOPs", "times the least", "charged seconds", "times the least")
    equal = "## Equal steps are not equal compute"
    return "\n\n".join([
        "# Known findings, and whether they come out", *head, _table(HEADER, judged(records)), equal,
        _table(header, compute(records)), READING,
    ]) + "\n"  # fmt: skip


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows))


def main() -> None:
    pages.write("findings", __doc__.partition("\n")[0], _page_of_scores, PAGE)


def _page_of_scores(records: list[Record]) -> str:
    return page([record for record in records if record.trial.purpose == "score"])


if __name__ == "__main__":
    main()
