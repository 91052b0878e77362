"""Whether installed models can be imported and keep the form of the contract, each asked in a process of its own."""

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

OWN = "genbench "  # how the distribution of genbench's own models is shown
PATIENCE = Limits(hook=60.0)  # seconds that an import may take


def models() -> Iterator[Finding]:
    """Import every third party's model, and of each package of genbench's own one; tell those that cannot be run."""
    names = _asked()
    ended: list[Ended] = []
    with LocalEngine(cores()) as engine:
        for name in names:
            payload = Inspect(name=name).model_dump_json()
            engine.submit(Call(name=name, function="inspect", payload=payload, limits=PATIENCE), ended.append)
        engine.drain()
    broken = {each.call.name: reason for each in ended if (reason := _reason(each)) is not None}
    yield ok(
        "plugins",
        f"{len(names) - len(broken)} of {len(names)} models that were imported keep the contract's form "
        "(one of each package of genbench's own, and all of others')",
    )
    for name in sorted(broken):
        yield fail("plugins", broken[name], f"mend or uninstall it; genbench test-plugin {name} tells more")


def _asked() -> list[str]:
    """Return the models to import: of genbench's own packages one each, since they are tested together."""
    found = [each for each in plugins.find_all() if not each.needs]
    own = {each.importable.partition(".")[0]: each.name for each in found if each.distribution.startswith(OWN)}
    return sorted({*own.values(), *(each.name for each in found if not each.distribution.startswith(OWN))})


def _reason(ended: Ended) -> str | None:
    """Return what is wrong with a model, None where nothing is."""
    if ended.result is None:
        return f"model '{ended.call.name}': {ended.status}: {ended.message}"
    found = Inspected.model_validate_json(ended.result)
    return None if found.broken is None else found.broken.message
