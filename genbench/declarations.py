"""What a model declares, options and card, tried before anything runs: every record holds it, every trial reads it."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from genbench.escaping import plain, quoted_value, told

LONGEST = 65_536  # bytes of JSON that a plugin's declaration may have: every record of the model carries them
TEXTS = ("paper", "bibtex", "licence", "sampling")  # of a card


def options_fault(declared: Any) -> str | None:
    """Return what is wrong with declared options, ready to be shown; None for good ones."""
    if not (isinstance(declared, type) and issubclass(declared, BaseModel)):
        return f"got {quoted_value(declared)}, expected a pydantic model class"
    try:
        return _alias_fault(declared) or _default_fault(declared)
    except ValidationError as error:
        return f"defaults are not accepted: {'; '.join(_flaws(error))}; give every option a default in its range"
    except Exception as error:  # validators, serialisers and schemas are the plugin's own code
        return (
            f"cannot be made from their defaults and written as JSON: {plain(told(error))}; "
            "use numbers, text and lists of them"
        )


def card_fault(card: Any) -> str | None:
    """Return what is wrong with a card, ready to be shown; None for a good one."""
    try:
        size = len(json.dumps(card, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        return f"cannot be written as JSON: {plain(told(error))}"
    if not isinstance(card, dict) or size > LONGEST:
        return f"got a {type(card).__name__} of {size} bytes as JSON, expected a dict of at most {LONGEST}"
    wrong = [f"{name} is {quoted_value(card[name])}" for name in TEXTS if not isinstance(card.get(name, ""), str)]
    return f"{', '.join(wrong)}, expected text" if wrong else None


def _alias_fault(declared: type[BaseModel]) -> str | None:
    """Return which options would be read under another name than their own, so that who sets one sets nothing."""
    if declared.model_config.get("populate_by_name") or declared.model_config.get("validate_by_name"):
        return None
    hidden = [name for name, field in declared.model_fields.items() if field.validation_alias is not None]
    if not hidden:
        return None
    return f"{', '.join(hidden)}: read under an alias, expected the option's own name; drop the alias"


def _default_fault(declared: type[BaseModel]) -> str | None:
    """Return what a record would not hold of the defaults: written and read, they are validated and the same."""
    written = declared().model_dump(mode="json")
    again = declared.model_validate(written).model_dump(mode="json")
    before, after = (json.dumps(each, ensure_ascii=False) for each in (written, again))
    declared.model_json_schema()
    if before != after:
        return f"defaults are {quoted_value(written)}, but {quoted_value(again)} when written and read again"
    if len(before.encode()) > LONGEST:
        return f"got {len(before.encode())} bytes as JSON, expected at most {LONGEST}"
    return None


def _flaws(error: ValidationError) -> list[str]:
    return [
        f"{plain('.'.join(map(str, each['loc'])) or 'together', 80)}: {plain(each['msg'])}, "
        f"got {quoted_value(each['input'])}"
        for each in error.errors()
    ]
