"""`genbench init-ci`: a workflow for GitHub that checks every pull request."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from genbench.errors import UsageError
from genbench.escaping import quoted

WORKFLOW = Path(".github/workflows/genbench.yml")
BASELINE, PYTHON = "results/baselines/main", "3.12"
FORMS = {  # what may stand in a shell command and in YAML without quotes
    "--baseline": (r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_./-]*", "a path inside the repository, of A-Z a-z 0-9 _ . / -"),
    "--python": (r"3\.[0-9]{1,2}", "a release of Python, as 3.12"),
}


@click.command("init-ci")
@click.option("--baseline", default=BASELINE, show_default=True, help="Folder of the baseline, in the repository.")
@click.option("--python", "python", default=PYTHON, show_default=True, help="Release of Python to check with.")
@click.option("--force", is_flag=True, help="Replace a workflow that is there.")
def command(baseline: str, python: str, force: bool) -> None:
    """Write .github/workflows/genbench.yml, which checks every pull request; run it where the repository begins."""
    content = workflow(baseline, python)
    if WORKFLOW.exists() and not force:
        raise UsageError(f"{WORKFLOW} is there already; --force replaces it")
    try:
        WORKFLOW.parent.mkdir(parents=True, exist_ok=True)
        WORKFLOW.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{WORKFLOW} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {WORKFLOW}")
    for line in _next(Path(baseline)):
        click.echo(line)


def workflow(baseline: str = BASELINE, python: str = PYTHON) -> str:
    """Return the workflow for a baseline and a release of Python.

    Raises:
        UsageError: one of them cannot stand there as it is.
    """
    for option, value in (("--baseline", baseline), ("--python", python)):
        form, expected = FORMS[option]
        if not re.fullmatch(form, value):
            raise UsageError(f"{option}: got {quoted(value)}, expected {expected}")
    template = resources.files("genbench.check").joinpath("workflow.yml").read_text(encoding="utf-8")
    return template.replace("@BASELINE@", baseline).replace("@PYTHON@", python)


def _next(baseline: Path) -> list[str]:
    """Return what is left to do."""
    steps = []
    if not baseline.exists():
        steps.append(f"make a baseline:  genbench baseline --models NAME --out {baseline}")
    steps += [
        f"commit both:      git add {WORKFLOW} {baseline}",
        "recommended:      set the repository variable TORCH_INDEX to the index of torch's wheels for the CPU",
        "recommended:      let the owners of the main branch approve changes of these two, as CODEOWNERS",
    ]
    return ["next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]
