"""Validate one model in a process of its own, before any budget is spent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from genbench import plugins
from genbench.errors import ContractError, PluginError, PluginImportError
from genbench.escaping import quoted_value
from genbench.hooks import ModelHooks, parse_options
from genbench.hookspecs import Kind
from genbench.messages import Inspect, Inspected
from genbench.meter import Meter
from genbench.names import OPTION, VARIANT, name_fault
from genbench.plan import Broken
from genbench.refs import ModelRef

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableSequence

    from genbench.plugins import ValidPlugin

DEFAULT_BATCH = 128
LONGEST_CARD = 65_536  # bytes as JSON: every record of the model carries it


def inspect_model(payload: str, beat: MutableSequence[int]) -> str:
    """Validate a model; a `Inspect` in, an `Inspected` out.

    Raises:
        UsageError: there is no such model, or the user's options are wrong.
    """
    request = Inspect.model_validate_json(payload)
    plugin = plugins.find(request.name)
    try:
        return _inspect(plugins.validate(plugins.load(plugin)), request).model_dump_json()
    except PluginError as error:
        status = "FAILED(import)" if isinstance(error, PluginImportError) else "FAILED(contract)"
        broken = Broken(
            model=ModelRef.stub(plugin.name, plugin.distribution, plugin.module), status=status, message=str(error)
        )
        return Inspected(broken=broken).model_dump_json()


def resolved(request: Inspect, declared: type[BaseModel] | None) -> tuple[dict[str, Any], int]:
    """Return all options of a model with those that are given, and its batch size.

    Raises:
        SpecError: an unknown option or a value out of range.
    """
    options = parse_options(request.name, declared, request.options)
    chosen = {} if options is None else options.model_dump(mode="json")
    size = request.batch_size or chosen.get("batch_size") or DEFAULT_BATCH
    return chosen | ({"batch_size": size} if "batch_size" in chosen else {}), size


def _inspect(valid: ValidPlugin, request: Inspect) -> Inspected:
    hooks = ModelHooks(valid, seed=0, meter=Meter(lambda: None))
    declared = hooks.declared("options", None)
    if declared is not None and not (isinstance(declared, type) and issubclass(declared, BaseModel)):
        raise ContractError(
            f"got {quoted_value(declared)}, expected a pydantic model class",
            culprit=valid.plugin.culprit,
            hook="options",
        )
    _check_names(valid, "options", "option", () if declared is None else declared.model_fields, OPTION)
    chosen, size = resolved(request, declared)
    kinds = _names(valid, "kinds", hooks.declared("kinds", ("image",)), get_args(Kind))
    variants = _names(valid, "variants", hooks.declared("variants", ("default",)))
    _check_names(valid, "variants", "variant", variants, VARIANT)
    model = ModelRef(
        name=request.name,
        distribution=valid.plugin.distribution,
        module=valid.plugin.module,
        code=valid.code,
        options=chosen,
        batch_size=size,
        variants=variants,
        hooks=valid.hooks,
        card=_card(valid, hooks.declared("card", {})),
    )
    schema = None if declared is None else declared.model_json_schema()
    return Inspected(model=model, kinds=kinds, options_schema=schema)


def _card(valid: ValidPlugin, card: Any) -> dict[str, Any]:
    """Check that a card is a table of plain values that a record can hold."""
    try:
        size = len(json.dumps(card, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ContractError(f"cannot be written as JSON: {error}", culprit=valid.plugin.culprit, hook="card") from error
    if not isinstance(card, dict) or size > LONGEST_CARD:
        got = f"a {type(card).__name__} of {size} bytes as JSON"
        raise ContractError(
            f"got {got}, expected a dict of at most {LONGEST_CARD}", culprit=valid.plugin.culprit, hook="card"
        )
    return card


def _check_names(valid: ValidPlugin, hook: str, what: str, names: Iterable[str], form: str) -> None:
    """Check names that become columns, flags and parts of files' names."""
    faults = [fault for name in names if (fault := name_fault(name, form, what)) is not None]
    if faults:
        raise ContractError("; ".join(faults), culprit=valid.plugin.culprit, hook=hook)


def _names(valid: ValidPlugin, hook: str, given: Any, allowed: tuple[str, ...] | None = None) -> tuple[Any, ...]:
    """Check that a declaration is a sequence of distinct names, of the allowed ones where those are fixed."""
    names = tuple(given) if isinstance(given, list | tuple) else ()
    wrong = [name for name in names if not isinstance(name, str) or (allowed and name not in allowed)]
    if not names or wrong or len(set(names)) < len(names):
        expected = f"some of {', '.join(allowed)}" if allowed else "distinct names"
        raise ContractError(f"got {quoted_value(given)}, expected {expected}", culprit=valid.plugin.culprit, hook=hook)
    return names
