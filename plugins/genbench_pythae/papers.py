"""Whose idea each model is, beside the library's own paper."""

from __future__ import annotations

from dataclasses import dataclass

PYTHAE = """@inproceedings{chadebec2022pythae,
  title = {Pythae: Unifying Generative Autoencoders in Python - A Benchmarking Use Case},
  author = {Chadebec, Clement and Vincent, Louis J. and Allassonniere, Stephanie},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2022},
}"""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that is on arXiv."""

    title: str
    authors: str
    year: int
    arxiv: str

    def __str__(self) -> str:
        return f"{self.title}, {self.authors}, {self.year}, arXiv {self.arxiv}"

    @property
    def bibtex(self) -> str:
        """Return the library's entry and the paper's."""
        key = f"{self.authors.split(',')[0].split()[-1].lower()}{self.year}arxiv{self.arxiv.replace('.', '')}"
        names = self.authors.replace(", ", " and ")
        lines = [
            f"@misc{{{key},",
            f"  title = {{{self.title}}},",
            f"  author = {{{names}}},",
            f"  year = {{{self.year}}},",
        ]
        return "\n".join([PYTHAE, "", *lines, f"  eprint = {{{self.arxiv}}},", "  archiveprefix = {arXiv},", "}"])


AUTO_ENCODING = Paper("Auto-Encoding Variational Bayes", "Diederik P. Kingma, Max Welling", 2014, "1312.6114")
TIGHTER = Paper("Tighter Variational Bounds are Not Necessarily Better", "Tom Rainforth et al.", 2018, "1802.04537")
FROM_TO = Paper("From Variational to Deterministic Autoencoders", "Partha Ghosh et al.", 2020, "1903.12436")
