"""What a paper has to say of a run: a methods paragraph and the BibTeX of everything that it names."""

from __future__ import annotations

from collections import Counter
from textwrap import fill
from typing import TYPE_CHECKING

from genbench.citations import entries_of, keys_of, library
from genbench.escaping import plain
from genbench.stats.intervals import summary
from genbench.tables.blocks import blocks
from genbench.tables.columns import column_of
from genbench.tables.formats import escape_latex, escape_markdown
from genbench.tables.headers import budget, machine, seeds
from genbench.tables.quality import identities
from genbench.tables.tuning import tuned_of
from genbench.tables.words import listed, number, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from genbench.record import Record
    from genbench.refs import ModelRef
    from genbench.store import Results
    from genbench.tables.blocks import Block

CITED = "\0"  # stands on both sides of citation keys until the format is known; no foreign string holds it
WIDTH = 100
CHARGED = (
    "Everything that happens while a model trains was charged to its budget, compilation included; sampling and "
    "judging were not. Models saw the train split alone. Curves along the budget and the rules of stability are of "
    "validation rows, all other results of held-out rows, which the final weights alone have met."
)
CONTROLS = (
    "Beside the models stand a floor (train rows in a model's place, mean over 10 draws) and two controls, uniform "
    "noise and train rows drawn again."
)
FAILED = "Trials that failed count, and rank worst"


def methods(results: Results, form: str = "text") -> str:
    """Return a methods paragraph ready to paste, and BibTeX for the models, measures and statistics that it cites.

    Args:
        results: a run.
        form: "text", "markdown" or "latex"; for LaTeX the entries come as a file that the document writes.

    Raises:
        ResultsError: there is nothing to tell of.
    """
    found = blocks(results.records, results.references, run=results.name, looks=results.plan.looks)
    models = list({row.model.digest(): row.model for block in found for row in block.rows}.values())
    cited, entries = entries_of(models)
    sources = keys_of({identity.metric for block in found for identity in block.identities.values()})
    told, statistics = _told(found)
    said = [_models(models, cited, results.records), *map(_block, found), *_tuned(found), CHARGED]
    said.append(_measured(found, sources))
    paragraph = " ".join([*said, _reported(found), told])
    keys = {*sources, *statistics}
    return FORMATS[form](
        paragraph, "\n\n".join([*entries.values(), *(library()[key] for key in library() if key in keys)])
    )


def _cite(*keys: str) -> str:
    return f" {CITED}{','.join(keys)}{CITED}" if keys else ""


def _models(models: Sequence[ModelRef], cited: Mapping[str, str], records: Iterable[Record]) -> str:
    cites = {model.name: tuple(filter(None, [cited.get(plain(model.name, 60))])) for model in models}
    names = [plain(model.title, 60) for model in models]
    parts = [
        f"{name} ({plain(model.distribution, 60)}{_options(model)}){_cite(*cites.get(model.name, ()))}"
        for name, model in zip(names, models, strict=True)
    ]
    versions = {(each.environment.genbench, each.environment.python, _torch(each)) for each in records}
    programs = [
        f"{plain(own, 30)} (Python {plain(python, 30)}, torch {torch})" for own, python, torch in sorted(versions)
    ]
    return f"We trained {listed(parts)} with genbench {listed(programs)}."


def _options(model: ModelRef) -> str:
    said = ", ".join(f"{key}={value}" for key, value in sorted(model.options.items()) if value is not None)
    return f"; {plain(said)}" if said else ""


def _torch(record: Record) -> str:
    return plain(record.environment.packages.get("torch", "of unknown version"), 30)


def _block(block: Block) -> str:
    """Return data, budget, seeds and machine of one comparison."""
    data = block.trial.data
    rows = ", ".join(f"{number(count, 'count')} {split.replace('_', '-')}" for split, count in data.counts.items())
    shape = "x".join(map(str, data.shape))
    return (
        f"On {plain(data.name)} ({data.kind}, {shape}; {rows} rows; sha256 {plain(data.hash, 64)[:16]}), every "
        f"training was given {budget(block)}, from {seeds(block)} a model, on {_machine(block)}."
    )


def _tuned(found: Sequence[Block]) -> list[str]:
    """Return how models were tuned, nothing where none was."""
    searches = {each for block in found for row in block.rows if (each := tuned_of(row)) is not None}
    if not searches:
        return []
    trials = listed([str(each) for each in sorted({each.trials for each in searches})], "or")
    samplers = listed(sorted({plain(each.sampler, 20) for each in searches}))
    measures = listed(list(dict.fromkeys(plain(name) for each in searches for name in sorted(each.by))))
    return [
        f"Every model was given {trials} configurations on each data set ({samplers} search, the first the options "
        f"that it came with), each trained once under the same budget with a seed of its own; the best on validation "
        f"rows by {measures or 'nothing, as all failed,'} was trained anew with the seeds above."
    ]


def _machine(block: Block) -> str:
    """Return device and threads, a CPU by its name."""
    device, *rest = machine(block)
    names = sorted({plain(record.environment.device_name, 60) for record in block.records})
    return ", ".join([device.replace("cpu,", f"cpu ({listed(names)}),", 1), *rest])


def _measured(found: Sequence[Block], sources: Sequence[str]) -> str:
    """Return what was measured, as which numbers, and where the measures were defined."""
    numbers: dict[str, None] = {}
    for block in found:
        for split in ("held_out", "train"):
            shown = [column_of(block, name) for name in block.names(split)]
            numbers |= dict.fromkeys(identities(block, shown, split))
    if not numbers:
        return "No quality was measured."
    controls = f" {CONTROLS}" if any(block.reference is not None for block in found) else ""
    said = f"Samples were compared with as many rows, where no other number is given: {listed(list(numbers))}"
    return f"{said}{_cite(*sources)}.{controls}"


def _reported(found: Sequence[Block]) -> str:
    """Return how seeds are summed up, and how many trials failed."""
    failed = Counter(plain(each.status, 40) for block in found for each in block.records if not each.is_ok)
    total = sum(len(block.records) for block in found)
    kinds = {summary([0.0] * len(block.seeds)).kind for block in found}
    bounds = [
        text
        for kind, text in (
            ("range", "their range"),
            ("interval95", f"exact 95 % order-statistic intervals{_cite('hahn1991')}"),
        )
        if kind in kinds
    ]
    said = (
        f"We report medians over seeds with {listed(bounds)}, and interquartile means{_cite('agarwal2021')}. {FAILED}: "
    )
    what = listed([f"{count} {status}" for status, count in sorted(failed.items())])
    return f"{said}{sum(failed.values())} of {plural(total, 'trial')}{f' ({what})' if what else ''}."


def _told(found: Sequence[Block]) -> tuple[str, tuple[str, ...]]:
    """Return how models are told apart, and the keys of all statistics."""
    keys = ["agarwal2021"]
    if any(summary([0.0] * len(block.seeds)).kind == "interval95" for block in found):
        keys.append("hahn1991")
    if all(len(block.rows) < 2 for block in found):
        return "", tuple(keys)
    looks = found[0].looks
    how = (
        f"with 5 % in all spent over planned looks at {listed(list(map(str, looks)))} seeds{_cite('lan1983')}"
        if looks
        else f"at 5 %, with Holm's correction for all pairs beside it{_cite('holm1979')}"
    )
    test = (
        f"Two models are told apart by an exact two-sided Mann-Whitney test over their seeds{_cite('mann1947')}, {how}"
    )
    return f"{test}.", (*keys, "mann1947", "lan1983" if looks else "holm1979")


def _text(paragraph: str, listing: str) -> str:
    cited = _with_citations(paragraph, str, lambda keys: f"[{', '.join(keys)}]")
    return f"{fill(cited, WIDTH, break_on_hyphens=False)}\n\n{listing}"


def _markdown(paragraph: str, listing: str) -> str:
    cited = _with_citations(paragraph, escape_markdown, lambda keys: f"[{'; '.join(f'@{key}' for key in keys)}]")
    return f"{cited}\n\n```bibtex\n{listing}\n```"


def _latex(paragraph: str, listing: str) -> str:
    cited = _with_citations(paragraph, escape_latex, lambda keys: f"\\cite{{{','.join(keys)}}}")
    return f"\\begin{{filecontents}}{{genbench.bib}}\n{listing}\n\\end{{filecontents}}\n\n{cited}"


def _with_citations(text: str, escape: Callable[[str], str], cite: Callable[[list[str]], str]) -> str:
    """Escape a paragraph for a format and set its citations in that format's way."""
    parts = text.split(CITED)
    return "".join(cite(part.split(",")) if index % 2 else escape(part) for index, part in enumerate(parts))


FORMATS: dict[str, Callable[[str, str], str]] = {"text": _text, "markdown": _markdown, "latex": _latex}
