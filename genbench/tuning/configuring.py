"""Ask a model, in a process of its own, which of the options that were drawn for it it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench import plugins
from genbench.errors import SpecError
from genbench.hooks import ModelHooks
from genbench.inspection import resolved
from genbench.messages import Configure, Configured
from genbench.meter import Meter

if TYPE_CHECKING:
    from collections.abc import MutableSequence


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Resolve candidates; `Configure` in, `Configured` out."""
    asked = Configure.model_validate_json(payload)
    valid = plugins.validate(plugins.load(plugins.find(asked.model.name)))
    declared = ModelHooks(valid, seed=0, meter=Meter(lambda: None)).declared("options", None)
    options: list[dict[str, Any] | None] = []
    reasons: list[str | None] = []
    for each in asked.candidates:
        request = asked.model.model_copy(update={"options": asked.model.options | each})
        try:
            options.append(resolved(request, declared)[0])
            reasons.append(None)
        except SpecError as error:
            options.append(None)
            reasons.append("; ".join(error.problems))
    return Configured(options=tuple(options), reasons=tuple(reasons)).model_dump_json()
