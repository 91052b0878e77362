"""What is measured: names, directions and sources, for people; the functions are in the rooms beside this one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One measure."""

    metric: str
    better: Literal["lower", "higher", "no"]
    on: str
    source: str

    def row(self) -> dict[str, str]:
        """Return the entry as a row of text."""
        return asdict(self)


CATALOGUE = (
    Entry("fd", "lower", "any features", "Frechet distance; Heusel et al. 2017, arXiv 1706.08500"),
    Entry("kd", "lower", "any features", "unbiased kernel distance; Binkowski et al. 2018, arXiv 1801.01401"),
    Entry("precision", "higher", "any features", "Kynkaanniemi et al. 2019, arXiv 1904.06991"),
    Entry("recall", "higher", "any features", "Kynkaanniemi et al. 2019, arXiv 1904.06991"),
    Entry("density", "higher", "any features", "Naeem et al. 2020, arXiv 2002.09797"),
    Entry("coverage", "higher", "any features", "Naeem et al. 2020, arXiv 2002.09797"),
    Entry("copies", "no", "pixels", "does it repeat train rows; Meehan et al. 2020, arXiv 2004.05675"),
    Entry("ct", "higher", "pixels", "Mann-Whitney z of distances to train rows; Meehan et al. 2020, arXiv 2004.05675"),
    Entry("near_share", "lower", "pixels", "samples nearer to a train row than held-out rows are"),
    Entry("duplicates", "lower", "pixels", "samples that repeat another sample exactly"),
    Entry(
        "modes", "higher", "mixtures", "modes that have a sample within 3 deviations; Lin et al. 2018, arXiv 1712.04086"
    ),
    Entry("hq_share", "higher", "mixtures", "samples within 3 deviations of a mode; a perfect sampler has 0.98889"),
    Entry(
        "reverse_kl", "lower", "mixtures", "of the modes' shares against equal ones; Lin et al. 2018, arXiv 1712.04086"
    ),
    Entry(
        "log_likelihood",
        "higher",
        "models that state one",
        "mean over held-out rows in nats; named by bound and measure",
    ),
)
