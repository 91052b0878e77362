"""Does it leave the process as it found it, and does it say what it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Note, some

if TYPE_CHECKING:
    from genbench.testing.stand import Stand


@check(
    "surroundings",
    "no hook changes what a process has one of: default dtype and device, threads, folder, umask, variables, streams",
    "undo it before the hook returns, or use the context managers that torch has for it",
)
def surroundings(stand: Stand) -> None:
    """What a hook changed is put back by the harness, and told."""
    stand.draw(stand.trained, 3)
    hooks = stand.hooks()
    hooks.build(stand.task(), stand.options(stand.task().batch_size))
    told = dict.fromkeys((*hooks.remarks, *stand.trained.hooks.remarks))
    if told:
        raise Flaw("; ".join(told))


@check(
    "curves",
    "at least one curve named loss..., so that a divergence ends the trial",
    "batches.log(loss=loss)",
)
def curves(stand: Stand) -> None:
    """A loss that is not logged cannot be watched."""
    if not any(name.startswith("loss") for name in stand.trained.stream.curves.series()):
        raise Note("no curve named loss... is logged: a training that diverges spends its whole budget")


@check(
    "card",
    "`card` names the paper and says what a sample is",
    "return paper, bibtex and sampling: methods paragraphs and tables quote them",
)
def card(stand: Stand) -> None:
    """What is missing is told; nothing depends on it."""
    told = stand.hooks().declared("card", {})
    missing = [name for name in ("paper", "bibtex", "sampling") if not told.get(name)]
    if missing:
        raise Note(f"`card` does not say {some(missing)}")
    if not str(told["bibtex"]).lstrip().startswith("@"):
        raise Flaw("bibtex is no BibTeX entry", expected="@article{key, ...}")
