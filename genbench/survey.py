"""Before anything is spent: the machine, whether every model keeps the contract, whether every data set is whole."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from genbench import plugins
from genbench.data.listing import GROUP
from genbench.engines import Call, Ended
from genbench.errors import GenbenchError, HarnessFault, SpecError
from genbench.messages import Inspect, Inspected, Prepare, Ready
from genbench.names import model_of
from genbench.plan import Broken, Plan, make_plan
from genbench.record import Environment
from genbench.refs import ModelRef
from genbench.status import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from genbench.engines import LocalEngine
    from genbench.spec import Spec


@dataclass
class Survey:
    """What was found; `problems` are the user's to mend."""

    known_environment: Environment | None = None
    models: dict[str, Inspected] = field(default_factory=dict)
    data: dict[str, Ready] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def environment(self) -> Environment:
        """What the machine is; known once the survey is done."""
        if self.known_environment is None:
            raise HarnessFault("the environment was not surveyed")
        return self.known_environment

    @property
    def device(self) -> str:
        """The device on which everything runs."""
        return self.environment.device

    def devices(self, spec: Spec) -> tuple[str, ...]:
        """Return the CUDA devices over which trials are spread, as CUDA_VISIBLE_DEVICES names them.

        Empty where all use one that is not the first: there `cuda:1` is meant as it stands.

        Raises:
            SpecError: there is no such device.
        """
        count = self.environment.device_count
        every = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(count)))
        if not spec.devices:
            return tuple(every.split(",")[:1]) if self.device == "cuda:0" else ()
        if "all" in spec.devices:
            return tuple(every.split(","))[:count]
        wanted = [int(name.partition(":")[2]) for name in spec.devices]
        if any(number >= count for number in wanted):
            raise SpecError([f"devices {','.join(spec.devices)}: torch sees {count} CUDA devices"])
        return tuple(every.split(",")[number] for number in wanted)

    def plan(self, spec: Spec) -> Plan:
        """Lay out the trials, in the order in which models and data sets were asked for."""
        found = [self.models[name] for name in spec.models]
        ready = [self.data[name] for name in spec.datasets]
        return make_plan(
            spec,
            [each.model for each in found if each.model is not None],
            {each.model.title: each.kinds for each in found if each.model is not None},
            [each.data.ref for each in ready],
            {each.data.ref.name: each.features for each in ready},
            self.device,
            tuple(each.broken for each in found if each.broken is not None),
            self.environment,
        )


def survey(spec: Spec, engine: LocalEngine, cache: Path) -> Survey:
    """Look at everything that the study names, side by side, each in a process of its own.

    Raises:
        SpecError: with every name that is not installed, every bad option, every data set that is missing or damaged.
    """
    problems = name_problems(spec.models, spec.datasets) + observer_problems(spec.observers)
    if problems:
        raise SpecError(problems, "what the study names")
    found = Survey()
    device = "cuda" if spec.devices else spec.device
    engine.submit(Call(name="environment", function="environment", payload=device), _environment(found))
    for name in spec.datasets:
        asked = Prepare(
            name=name,
            features=spec.features,
            data_root=spec.data_root,
            cache=cache,
            weights=spec.weights,
            protocol=spec.protocol,
        )
        engine.submit(Call(name=name, function="prepare", payload=asked.model_dump_json()), _data(found, name))
    for name in spec.models:
        request = Inspect(name=model_of(name)[0], options=spec.options_of(name), batch_size=spec.batch_size)
        engine.submit(Call(name=name, function="inspect", payload=request.model_dump_json()), _model(found, name))
    for name in spec.observers:
        engine.submit(Call(name=name, function="inspect_observer", payload=name), _observer(found, name))
    engine.drain()
    if found.problems:
        raise SpecError(found.problems, "what the study names")
    return found


def name_problems(
    models: Iterable[str], datasets: Iterable[str], files: Iterable[Path | str] | None = None
) -> list[str]:
    """Look up every name, importing nothing; return what is wrong with each that is not installed just once.

    Of models that `files` were to bring, what is wrong with the files is told elsewhere.
    """
    problems = []
    brought = {Path(path).stem for path in files or ()}
    asked = [
        *((name, plugins.MODELS) for name in (model_of(title)[0] for title in models) if name not in brought),
        *((name.partition(":")[0], GROUP) for name in datasets),
    ]
    for name, group in asked:
        try:
            plugins.find(name, group)
        except GenbenchError as error:
            problems.append(str(error))
    return problems


def observer_problems(names: Iterable[str]) -> list[str]:
    """Look up observers, importing nothing; return what is wrong with each that is not installed just once."""
    problems = []
    for name in names:
        try:
            plugins.find(name, plugins.OBSERVERS)
        except GenbenchError as error:
            problems.append(str(error))
    return problems


def _environment(found: Survey) -> Callable[[Ended], None]:
    def done(ended: Ended) -> None:
        if ended.result is None:
            _refuse(found, ended, "the environment")
        else:
            found.known_environment = Environment.model_validate_json(ended.result)

    return done


def _data(found: Survey, name: str) -> Callable[[Ended], None]:
    def done(ended: Ended) -> None:
        if ended.result is None:
            _refuse(found, ended, f"data set '{name}'")
        else:
            found.data[name] = Ready.model_validate_json(ended.result)

    return done


def _model(found: Survey, name: str) -> Callable[[Ended], None]:
    def done(ended: Ended) -> None:
        if ended.status == "USAGE":
            told = [each.removeprefix("  - ") for each in (ended.message or "").splitlines()[1:]]
            found.problems += [each for each in told if each not in found.problems]
            return
        result = ended.result
        inspected = Inspected(broken=_killed(name, ended)) if result is None else Inspected.model_validate_json(result)
        if inspected.broken is not None and plugins.find(model_of(name)[0]).is_file:  # the user's own, and at hand
            found.problems.append(inspected.broken.message)
        found.models[name] = _labelled(inspected, name)

    return done


def _observer(found: Survey, name: str) -> Callable[[Ended], None]:
    def done(ended: Ended) -> None:
        died = f"observer '{name}': while imported, {ended.message}"
        if ended.status != INTERRUPTED and (fault := died if ended.result is None else ended.result):
            found.problems.append(fault)

    return done


def _labelled(found: Inspected, title: str) -> Inspected:
    """Give what was found the label under which the study asks for it."""
    label = model_of(title)[1]
    model, broken = found.model, found.broken
    if label is None:
        return found
    if broken is not None:
        broken = broken.model_copy(update={"model": broken.model.model_copy(update={"label": label})})
    return found.model_copy(update={"model": model and model.model_copy(update={"label": label}), "broken": broken})


def _killed(name: str, ended: Ended) -> Broken:
    """Turn the death or the hang of a validation into a broken model."""
    plugin = plugins.find(model_of(name)[0])
    stub = ModelRef.stub(plugin.name, plugin.distribution, plugin.module)
    return Broken(model=stub, status="FAILED(import)", message=f"{plugin.culprit}: while validated, {ended.message}")


def _refuse(found: Survey, ended: Ended, what: str) -> None:
    if ended.status == INTERRUPTED:  # the engine says so too, once all have ended
        return
    if ended.status == "USAGE":
        found.problems.append((ended.message or "").removeprefix("1 problem in the command line:\n  - "))
    else:
        raise HarnessFault(f"{what}: {ended.status}: {ended.message}\n{ended.log_tail}")
