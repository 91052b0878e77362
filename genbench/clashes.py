"""What cannot stand together in what the user asked for, each value being right by itself or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench import looks
from genbench.escaping import plain, quoted_value
from genbench.names import model_of

if TYPE_CHECKING:
    Clash = tuple[tuple[str, ...], str]  # the keys by which to find the line; what is wrong

FEWEST_SEEDS = 4  # with fewer no difference can ever be shown
MANY_SEEDS = 10_000  # more are a slip of the keyboard


def with_looks(asked: dict[str, Any]) -> tuple[dict[str, Any], list[Clash]]:
    """Turn `seeds = "auto"` and `max_seeds` into seeds and looks."""
    most = asked.get("max_seeds")
    rest = {key: value for key, value in asked.items() if key != "max_seeds"}
    if asked.get("seeds") != "auto":
        reason = f"max_seeds: got {quoted_value(most)}, expected it only with seeds 'auto'; give --seeds auto"
        return rest, [] if most is None else [(("max_seeds",), reason)]
    most = looks.MOST_SEEDS if most is None else most
    if not isinstance(most, int) or isinstance(most, bool) or not FEWEST_SEEDS <= most <= MANY_SEEDS:
        reason = f"max_seeds: got {quoted_value(most)}, expected a number from {FEWEST_SEEDS} to {MANY_SEEDS}"
        return rest | {"seeds": FEWEST_SEEDS}, [(("max_seeds",), reason)]
    return rest | {"seeds": tuple(range(most)), "looks": looks.planned(most)}, []


def clashes(asked: dict[str, Any]) -> list[Clash]:
    """Return what cannot stand together: measures, devices, and models that are spoken of and not there."""
    found: list[Clash] = []
    weights, protocol = asked.get("features_weights") or {}, asked.get("protocol")
    if protocol is not None and not (isinstance(weights, dict) and "inception" in weights):
        reason = f"protocol {quoted_value(protocol)}: needs --features-weights inception=FILE, got none"
        found.append((("protocol",), reason))
    device, devices = asked.get("device", "auto"), asked.get("devices")
    devices = devices if isinstance(devices, list | tuple) else ()  # what else it may be is told by its type
    if devices and device != "auto":
        found.append((("devices",), f"devices: got device {quoted_value(device)} as well, expected one of the two"))
    if "all" in devices and len(devices) > 1:
        found.append((("devices",), f"devices: got {quoted_value(devices)}, expected all, or some by name"))
    return found + _strangers(asked)


def _strangers(asked: dict[str, Any]) -> list[Clash]:
    """Return what is said of models that the study does not have."""
    models, tune = asked.get("models"), asked.get("tune")
    if not isinstance(models, list | tuple):
        return []
    known = ", ".join(plain(str(model), 80) for model in models)
    named = {*map(str, models), *(model_of(str(model))[0] for model in models)}
    given = {("options",): asked["options"], ("tune", "space"): tune.get("space") if isinstance(tune, dict) else None}
    return [
        ((*place, name), f"{'.'.join(place)}.{plain(name, 80)}: {_stranger(name, known, named, '.'.join(place))}")
        for place, each in given.items()
        for name in (each if isinstance(each, dict) else ())
        if name not in named
    ]


def _stranger(name: str, known: str, named: set[str], table: str) -> str:
    """Say that a model is not in the study; to TOML a dot in a name that is not quoted begins a table of its own."""
    dotted = sorted(each for each in named if each.startswith(f"{name}."))
    hint = f"; quote a name with dots, as [{table}.{quoted_value(dotted[0])}]" if dotted else ""
    return f"no such model in this study, which has {known}{hint}"
