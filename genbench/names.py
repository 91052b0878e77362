"""Which names plugins may bear: they become parts of paths, columns and flags."""

from __future__ import annotations

import re

from genbench.escaping import quoted

NAME = r"^[a-z][a-z0-9_.-]{0,63}$"  # of models, data sets, metrics, feature spaces, observers
TITLE = (
    r"^[a-z][a-z0-9_.-]{0,63}(@[a-z0-9][a-z0-9_-]{0,31})?$"  # of a model in a study, perhaps with a label of its own
)
VARIANT = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"  # "ema", "50steps": a part of a file's name
OPTION = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
DISTRIBUTION = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"
VERSION = r"^[A-Za-z0-9][A-Za-z0-9.!+_-]{0,63}$"
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
FORMS = {
    NAME: "a lower-case letter, then at most 63 of a-z 0-9 _ . -",
    VARIANT: "a letter or digit, then at most 63 of A-Z a-z 0-9 _ . -",
    OPTION: "a letter or _, then at most 63 of A-Z a-z 0-9 _",
    DISTRIBUTION: "a letter or digit, then at most 127 of A-Z a-z 0-9 _ . -",
    VERSION: "a letter or digit, then at most 63 of A-Z a-z 0-9 . ! + _ -",
}


def model_of(title: str) -> tuple[str, str | None]:
    """Return the name of the model that a study asks for, and the label under which it does."""
    name, at, label = title.partition("@")
    return name, label if at else None


def name_fault(name: str, form: str = NAME, what: str = "name") -> str | None:
    """Return what is wrong with a name, ready to be shown; None for a good one.

    Args:
        name: whatever somebody called something.
        form: one of the patterns of this module.
        what: of what it is the name, for the message.
    """
    if not re.fullmatch(form.removeprefix("^").removesuffix("$"), name):
        return f"{what} {quoted(name)}: expected {FORMS[form]}; rename it"
    if form in (NAME, VARIANT) and name.lower().partition(".")[0] in DEVICES:
        return f"{what} {quoted(name)}: is a device on Windows and cannot be a file there; rename it"
    return None
