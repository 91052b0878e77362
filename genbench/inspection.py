"""Validate one model in a process of its own, before any budget is spent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from genbench import plugins
from genbench.declarations import card_fault, options_fault
from genbench.errors import ContractError, PluginError, PluginImportError, SpecError
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

    from pydantic import BaseModel

    from genbench.plugins import ValidPlugin

DEFAULT_BATCH = 128
MOST_VARIANTS = 32  # each is drawn, judged and kept at every mark


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
        stub = ModelRef.stub(plugin.name, plugin.distribution, plugin.module)
        return Inspected(broken=Broken(model=stub, status=status, message=str(error))).model_dump_json()


def inspect_observer(name: str, beat: MutableSequence[int]) -> str:
    """Load an observer; return what is wrong with it, nothing where it can look on.

    Raises:
        UsageError: there is no such observer.
    """
    try:
        plugins.load_observer(name)
    except PluginError as error:
        return str(error)
    return ""


def resolved(request: Inspect, declared: type[BaseModel] | None) -> tuple[dict[str, Any], int]:
    """Return all options of a model with those that are given, and its batch size.

    Raises:
        SpecError: an unknown option or a value out of range.
    """
    options = parse_options(request.name, declared, request.options)
    chosen = {} if options is None else options.model_dump(mode="json")
    own = chosen.get("batch_size")  # None: as the harness sees fit
    size = request.batch_size or (DEFAULT_BATCH if own is None else own)
    if not isinstance(size, int) or size < 1:
        raise SpecError(
            [f"{request.name}.batch_size: got {quoted_value(size)}, expected a number of rows"], "the options"
        )
    return chosen | ({"batch_size": size} if "batch_size" in chosen else {}), size


def _inspect(valid: ValidPlugin, request: Inspect) -> Inspected:
    hooks = ModelHooks(valid, seed=0, meter=Meter(lambda: None))
    declared = hooks.declared("options", None)
    fault = None if declared is None else options_fault(declared)
    if fault is not None:
        raise ContractError(fault, culprit=valid.plugin.culprit, hook="options")
    _check_names(valid, "options", "option", () if declared is None else declared.model_fields, OPTION)
    chosen, size = resolved(request, declared)
    kinds = _names(valid, "kinds", hooks.declared("kinds", ("image",)), get_args(Kind))
    variants = _names(valid, "variants", hooks.declared("variants", ("default",)))
    _check_names(valid, "variants", "variant", variants, VARIANT)
    if len(variants) > MOST_VARIANTS:
        reason = f"got {len(variants)}, expected at most {MOST_VARIANTS}: each is judged at every mark"
        raise ContractError(reason, culprit=valid.plugin.culprit, hook="variants")
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
    fault = card_fault(card)
    if fault is not None:
        raise ContractError(fault, culprit=valid.plugin.culprit, hook="card")
    written: dict[str, Any] = json.loads(json.dumps(card))  # names are text there, as in the record
    return written


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
