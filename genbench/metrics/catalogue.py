"""What is measured: names, directions and sources, for people; the functions are in the rooms beside this one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from genbench import plugins
from genbench.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "genbench.metrics"
Stage = Literal["marks", "end", "asked"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One measure."""

    metric: str
    better: Literal["lower", "higher", "no"]
    when: Stage  # measured by default at marks and at the end, at the end, or when asked for by name
    on: str
    source: str

    def row(self) -> dict[str, str]:
        """Return the entry as a row of text."""
        return asdict(self)


FEATURES, TRAIN, MIXTURES, LOGITS = "any features", "any features and train rows", "mixtures", "logits"
TABLES, TOKENS, STACKED = "tables", "tokens", "stacked digits"
CATALOGUE = (
    Entry("fd", "lower", "marks", FEATURES, "Frechet distance; Heusel et al. 2017, arXiv 1706.08500"),
    Entry("fd_inf", "lower", "end", FEATURES, "fd at 1/N = 0; Chong & Forsyth 2020, arXiv 1911.07023"),
    Entry("kd", "lower", "marks", FEATURES, "unbiased kernel distance; Binkowski et al. 2018, arXiv 1801.01401"),
    Entry("precision", "higher", "marks", FEATURES, "Kynkaanniemi et al. 2019, arXiv 1904.06991"),
    Entry("recall", "higher", "marks", FEATURES, "Kynkaanniemi et al. 2019, arXiv 1904.06991"),
    Entry("density", "higher", "marks", FEATURES, "Naeem et al. 2020, arXiv 2002.09797"),
    Entry("coverage", "higher", "marks", FEATURES, "Naeem et al. 2020, arXiv 2002.09797"),
    Entry("swd", "lower", "asked", FEATURES, "sliced Wasserstein-2 distance; Bonneel et al. 2015, JMIV 51"),
    Entry("energy", "lower", "asked", FEATURES, "energy distance, no root; Szekely & Rizzo 2013, JSPI 143"),
    Entry("mmd", "lower", "asked", FEATURES, "unbiased Gaussian MMD^2; Gretton et al. 2012, JMLR 13"),
    Entry("c2st", "lower", "asked", FEATURES, "accuracy of a classifier; Lopez-Paz & Oquab 2017, arXiv 1610.06545"),
    Entry("vendi_real", "no", "marks", FEATURES, "diversity of the reference; see vendi_fake"),
    Entry("vendi_fake", "higher", "marks", FEATURES, "diversity; Friedman & Dieng 2023, arXiv 2210.02410"),
    Entry("inception_score", "higher", "asked", LOGITS, "Salimans et al. 2016, arXiv 1606.03498"),
    Entry("duplicates", "lower", "marks", "rows", "samples that repeat another sample exactly"),
    Entry("fd_gap", "lower", "end", TRAIN, "fd to held-out rows less fd to train rows; Stein et al. 2023, 2306.04675"),
    Entry("auth_pct", "no", "end", TRAIN, "per cent authentic, 33 to 55 of fresh rows; Alaa et al. 2022, 2102.08921"),
    Entry("copies", "no", "end", "rows and train rows", "does it repeat train rows; Meehan et al. 2020, 2004.05675"),
    Entry("ct", "higher", "end", "rows and train rows", "z of distances to train rows; Meehan et al. 2020, 2004.05675"),
    Entry("near_share", "lower", "end", "rows and train rows", "nearer to a train row than 99 % of held-out rows"),
    Entry("control_z", "higher", "end", "rows and train rows", "are train rows the nearest more often than by chance"),
    Entry("control_share", "lower", "end", "rows and train rows", "near_share, of those far closer to a train row"),
    Entry(
        "modes", "higher", "marks", f"{MIXTURES}, {STACKED}", "modes reached by samples; Lin et al. 2018, 1712.04086"
    ),
    Entry("hq_share", "higher", "marks", MIXTURES, "samples within 3 deviations of a mode; at best 0.98889"),
    Entry("reverse_kl", "lower", "marks", MIXTURES, "of the modes' shares against equal ones; Lin et al. 2018"),
    Entry("log_density", "no", "marks", MIXTURES, "mean exact log-density of samples, in nats; more is no merit"),
    Entry("class_kl", "lower", "marks", STACKED, "of shares of classes against the data's; Srivastava et al. 2017"),
    Entry("column_distance", "lower", "marks", TABLES, "mean KS or total variation; Patki et al. 2016, SDMetrics"),
    Entry("pair_distance", "lower", "marks", TABLES, "correlations, contingencies; Patki et al. 2016, SDMetrics"),
    Entry("c2st_trees", "lower", "end", TABLES, "accuracy of boosted trees; Lopez-Paz & Oquab 2017, arXiv 1610.06545"),
    Entry("tstr", "higher", "end", TABLES, "macro-F1 or R^2, trained on samples; Esteban et al. 2017, 1706.02633"),
    Entry("ngram_distance_1", "lower", "marks", TOKENS, "total variation of the shares of tokens"),
    Entry("ngram_distance_2", "lower", "marks", TOKENS, "the same of pairs of neighbours"),
    Entry("ngram_distance_3", "lower", "marks", TOKENS, "the same of three in a row"),
    Entry("ngram_distance_4", "lower", "marks", TOKENS, "the same of four in a row"),
    Entry("distinct", "no", "marks", TOKENS, "different 4-grams over all; Li et al. 2016, arXiv 1510.03055"),
    Entry("reference_bits", "no", "marks", TOKENS, "bits per token under n-grams of real rows; Witten & Bell 1991"),
    Entry(
        "bits_gap", "lower", "marks", f"{TOKENS} and train rows", "reference_bits off those of train rows, either way"
    ),
    Entry("log_likelihood", "higher", "end", "models that state one", "mean over held-out rows in nats; self-reported"),
    Entry("bits_per_dim", "lower", "end", "models that state one", "the same, per dimension, of bytes; self-reported"),
)
FAMILIES = {
    "prdc": ("precision", "recall", "density", "coverage"),
    "vendi": ("vendi_real", "vendi_fake"),
    "ngram_distance": tuple(f"ngram_distance_{size}" for size in (1, 2, 3, 4)),
    "copies": ("copies", "ct", "near_share", "control_z", "control_share"),
}
COPIES = FAMILIES["copies"]


def standard(*stages: Stage) -> tuple[str, ...]:
    """Return what is measured by default at those stages."""
    return tuple(entry.metric for entry in CATALOGUE if entry.when in stages)


def expand(asked: Iterable[str]) -> tuple[str, ...]:
    """Return names as measures: families by their members, `all` by all that are built in, others as they are.

    The inception score is measured where it is asked for by its own name alone.

    Raises:
        UnknownName: nothing of a name is built in or installed.
        UsageError: two distributions claim it.
    """
    built_in = tuple(entry.metric for entry in CATALOGUE)
    everything = tuple(entry.metric for entry in CATALOGUE if entry.on != LOGITS)
    found: list[str] = []
    for name in asked:
        if name not in (*built_in, *FAMILIES, "all"):
            _find(name, built_in)
        found += everything if name == "all" else FAMILIES.get(name, (name,))
    return tuple(dict.fromkeys(found))


def _find(name: str, built_in: tuple[str, ...]) -> None:
    try:
        plugins.find(name, GROUP)
    except UnknownName:
        known = (*built_in, *FAMILIES, *(each.name for each in plugins.find_all(GROUP)), "all")
        raise UnknownName("metric", name, known) from None
