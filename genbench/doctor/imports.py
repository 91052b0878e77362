"""Whether the installed models can be imported and keep the form of the contract, each asked in its own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import plugins
from genbench.doctor.finding import Finding, fail, ok
from genbench.engines import Call, Limits, LocalEngine
from genbench.machine import cores
from genbench.messages import Inspect, Inspected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.engines import Ended

PATIENCE = Limits(hook=60.0)  # seconds that an import may take


def models() -> Iterator[Finding]:
    """Import every model that lacks nothing, and tell those with which no run could begin."""
    names = sorted({each.name for each in plugins.find_all() if not each.needs})
    ended: list[Ended] = []
    with LocalEngine(cores()) as engine:
        for name in names:
            payload = Inspect(name=name).model_dump_json()
            engine.submit(Call(name=name, function="inspect", payload=payload, limits=PATIENCE), ended.append)
        engine.drain()
    broken = {each.call.name: reason for each in ended if (reason := _reason(each)) is not None}
    yield ok("plugins", f"{len(names) - len(broken)} models can be imported and keep the form of the contract")
    for name in sorted(broken):
        yield fail("plugins", broken[name], f"mend or uninstall it; genbench test-plugin {name} tells more")


def _reason(ended: Ended) -> str | None:
    """Return what is wrong with a model, None where nothing is."""
    if ended.result is None:
        return f"model '{ended.call.name}': {ended.status}: {ended.message}"
    found = Inspected.model_validate_json(ended.result)
    return None if found.broken is None else found.broken.message
