"""Densities of zuko; the entry points name these objects."""

from __future__ import annotations

from typing import Any

import zuko
from pydantic import Field

from genbench_zuko.adapter import Adapter, Layered, Shared

FULL = 16  # dimensions up to which covariances are full


class Autoregressive(Layered):
    """What can be set of an autoregressive flow."""

    passes: int = Field(0, ge=0, le=4096, description="of a draw: 2 makes it a coupling flow; 0: one a dimension")


class Spline(Autoregressive):
    """What can be set of a spline flow."""

    bins: int = Field(8, ge=2, le=64, description="pieces of a spline")


class Mixture(Shared):
    """What can be set of a mixture."""

    learning_rate: float = Field(1e-2, gt=0, le=1, description="of Adam")
    components: int = Field(16, ge=1, le=1024, description="Gaussians")


class Continuous(Layered):
    """What can be set of a continuous flow; it has one transform."""

    transforms: int = Field(1, ge=1, le=1, json_schema_extra={"tune": False}, description="one, whatever is said")
    tolerance: float = Field(1e-3, gt=0, le=0.1, json_schema_extra={"tune": False}, description="of the solver")


def _bibtex(key: str, title: str, authors: str, year: int, arxiv: str) -> str:
    fields = {"title": title, "author": authors, "year": year, "eprint": arxiv, "archiveprefix": "arXiv"}
    return "\n".join([f"@misc{{{key},", *(f"  {name} = {{{value}}}," for name, value in fields.items()), "}"])


def _maf(dimensions: int, options: Autoregressive) -> Any:
    return zuko.flows.MAF(
        dimensions, transforms=options.transforms, hidden_features=options.hidden, passes=options.passes or None
    )


def _nsf(dimensions: int, options: Spline) -> Any:
    return zuko.flows.NSF(
        dimensions,
        bins=options.bins,
        transforms=options.transforms,
        hidden_features=options.hidden,
        passes=options.passes or None,
    )


def _realnvp(dimensions: int, options: Layered) -> Any:
    return zuko.flows.RealNVP(dimensions, transforms=options.transforms, hidden_features=options.hidden)


def _gmm(dimensions: int, options: Mixture) -> Any:
    covariance: Any = "full" if dimensions <= FULL else "diagonal"
    return zuko.mixtures.GMM(dimensions, components=options.components, covariance_type=covariance)


def _cnf(dimensions: int, options: Continuous) -> Any:
    return zuko.flows.CNF(
        dimensions, hidden_features=options.hidden, atol=options.tolerance / 10, rtol=options.tolerance
    )


maf = Adapter(
    _maf,
    "Masked Autoregressive Flow for Density Estimation, George Papamakarios et al., 2017, arXiv 1705.07057",
    _bibtex(
        "papamakarios2017maf",
        "Masked Autoregressive Flow for Density Estimation",
        "Papamakarios, George and Pavlakou, Theo and Murray, Iain",
        2017,
        "1705.07057",
    ),
    Autoregressive,
)
nsf = Adapter(
    _nsf,
    "Neural Spline Flows, Conor Durkan et al., 2019, arXiv 1906.04032",
    _bibtex(
        "durkan2019nsf",
        "Neural Spline Flows",
        "Durkan, Conor and Bekasov, Artur and Murray, Iain and Papamakarios, George",
        2019,
        "1906.04032",
    ),
    Spline,
)
realnvp = Adapter(
    _realnvp,
    "Density Estimation using Real NVP, Laurent Dinh et al., 2017, arXiv 1605.08803",
    _bibtex(
        "dinh2017realnvp",
        "Density Estimation using Real {NVP}",
        "Dinh, Laurent and Sohl-Dickstein, Jascha and Bengio, Samy",
        2017,
        "1605.08803",
    ),
    Layered,
)
gmm = Adapter(
    _gmm,
    "Mixture Density Networks, Christopher M. Bishop, Aston University technical report NCRG/94/004, 1994",
    "@techreport{bishop1994mdn,\n  title = {Mixture Density Networks},\n  author = {Bishop, Christopher M.},\n"
    "  institution = {Aston University},\n  number = {NCRG/94/004},\n  year = {1994},\n}",
    Mixture,
)
cnf = Adapter(
    _cnf,
    "FFJORD: Free-form Continuous Dynamics for Scalable Reversible Generative Models, Will Grathwohl et al., 2018, "
    "arXiv 1810.01367",
    _bibtex(
        "grathwohl2018ffjord",
        "{FFJORD}: Free-form Continuous Dynamics for Scalable Reversible Generative Models",
        "Grathwohl, Will and Chen, Ricky T. Q. and Bettencourt, Jesse and Sutskever, Ilya and Duvenaud, David",
        2018,
        "1810.01367",
    ),
    Continuous,
    can_images=False,
)
