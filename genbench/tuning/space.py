"""From the schema of a model's options to what is searched of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench.errors import UnknownName
from genbench.tuning.asked import Range, named
from genbench.tuning.search import Dimension, Space

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from genbench.tuning.asked import Value

TUNE = "tune"  # the key of a schema by which a model says what to search: false, a range or a list of values
NEVER = "batch_size"  # the harness's own: equal steps would be unequal budgets
NUMBERS = {"number": False, "integer": True}


def space_of(
    title: str,
    schema: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    *,
    given: Collection[str] = (),
    space: Mapping[str, Range | tuple[Value, ...]] | None = None,
    only_named: bool = False,
) -> tuple[Space, list[str]]:
    """Return what is searched of a model, and what is wrong with what the study says of it.

    What the study gives a value stays at it, unless the study names a range too. An option without two bounds, or that
    is None, stays; so does what the model itself excludes by `json_schema_extra={"tune": False}`.

    Args:
        title: what the study calls the model.
        schema: of its options, as pydantic writes it; None: it has none.
        options: as they are resolved: the base from which a configuration departs.
        given: names of those that the study gives.
        space: ranges and choices that the study names.
        only_named: search nothing else.
    """
    fields, asked = (schema or {}).get("properties", {}), space or {}
    problems = [f"tune.space.{title}: {UnknownName('option', name, fields)}" for name in asked if name not in fields]
    found: list[Dimension | None] = []
    for option, field in fields.items():
        if option in asked:
            found.append(_named(option, field, asked[option]))
        elif not only_named and option not in given and option != NEVER:
            found.append(_own(option, field, options.get(option)))
    if NEVER in asked and NEVER in fields:
        problems.append(f"tune.space.{title}.{NEVER}: batches decide the budget; give the study another batch_size")
    dimensions = tuple(each for each in found if each is not None and len(set(each.ends)) > 1)
    searched = {each.option for each in dimensions}
    return Space(
        model=title, dimensions=dimensions, kept=tuple(each for each in fields if each not in searched)
    ), problems


def _named(option: str, field: Mapping[str, Any], asked: Range | tuple[Value, ...]) -> Dimension:
    if isinstance(asked, Range):
        is_whole = any(each.get("type") == "integer" for each in _branches(field))
        return Dimension.of_range(option, asked, is_whole=is_whole)
    return Dimension(option=option, choices=asked)


def _own(option: str, field: Mapping[str, Any], value: Any) -> Dimension | None:
    """Return what the model's own schema allows, None where that is nothing to search."""
    said = field.get(TUNE, True)
    if said is False:
        return None
    if said is not True:
        return _named(option, field, named(said))
    if value is None:
        return None
    branch = next((each for each in _branches(field) if each.get("type") != "null"), {})
    if "enum" in branch:
        return Dimension(option=option, choices=tuple(each for each in branch["enum"] if each is not None))
    if branch.get("type") == "boolean":
        return Dimension(option=option, choices=(False, True))
    return _range(option, branch)


def _range(option: str, branch: Mapping[str, Any]) -> Dimension | None:
    """Return the range of a number that has two bounds; an excluded one has no chance, or is the next whole number."""
    low, high = (_bound(branch, name) for name in ("minimum", "maximum"))
    if branch.get("type") not in NUMBERS or low is None or high is None or not low < high:
        return None
    return Dimension.of_range(option, Range(low=low, high=high), is_whole=NUMBERS[branch["type"]])


def _bound(branch: Mapping[str, Any], name: str) -> float | None:
    if name in branch:
        return float(branch[name])
    excluded = branch.get(f"exclusive{name.capitalize()}")
    if excluded is None:
        return None
    inward = 1 if name == "minimum" else -1
    return float(excluded + inward if branch["type"] == "integer" else excluded)


def _branches(field: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the types that an option may have: itself, or those of a union."""
    return field.get("anyOf", [field])  # type: ignore[no-any-return]
