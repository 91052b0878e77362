"""What the user asked for: flags and a TOML file, checked together, with every mistake found at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from genbench import looks
from genbench.budget import Budget
from genbench.errors import SpecError, UnknownName, UsageError
from genbench.metrics import catalogue
from genbench.record import Frozen

DEFAULT_BUDGET = "4800steps"
DEFAULT_MARKS = (0.1, 0.2, 1 / 3, 0.5, 2 / 3)
FEWEST_SEEDS = 4  # with fewer no difference can ever be shown
NAME = r"^[a-z][a-z0-9_.-]{0,63}$"
SOURCE = r"^[a-z][a-z0-9_.-]{0,63}(:.+)?$"  # a data set may name a file: images:FOLDER


def _seeds(value: Any) -> Any:
    return tuple(range(value)) if isinstance(value, int) and not isinstance(value, bool) else value


def _budget(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return Budget.parse(value)
    except SpecError as error:
        raise ValueError(error.problems[0]) from None


class Spec(Frozen):
    """A whole study: models x data sets x seeds under one budget."""

    models: tuple[Annotated[str, Field(pattern=NAME)], ...] = Field(min_length=1)
    datasets: tuple[Annotated[str, Field(pattern=SOURCE)], ...] = Field(("digits",), min_length=1)
    budget: Annotated[Budget, BeforeValidator(_budget)] = Budget.parse(DEFAULT_BUDGET)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**63)], ...], BeforeValidator(_seeds)] = Field(
        tuple(range(5)), min_length=1
    )
    looks: tuple[int, ...] = ()  # seeds after which to look whether more are needed; empty: all are run
    marks: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = DEFAULT_MARKS
    batch_size: int | None = Field(None, ge=1)
    options: dict[str, dict[str, Any]] = {}
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    devices: tuple[Annotated[str, Field(pattern=r"^(all|cuda:\d+)$")], ...] = ()  # one trial on each; empty: `device`
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False
    threads: int = Field(1, ge=1)
    features: tuple[Annotated[str, Field(pattern=NAME)], ...] | None = None  # None: what suits each data set
    features_weights: dict[Annotated[str, Field(pattern=NAME)], Path] = {}  # the user's files, by feature space
    metrics: tuple[Annotated[str, Field(pattern=NAME)], ...] = ()  # besides the standard ones
    protocol: Literal["fid50k-train"] | None = None
    probe: bool = True
    workers: int | None = Field(None, ge=1)  # None: one a core
    sample_batch: int = Field(1000, ge=1)
    observers: tuple[str, ...] = ()
    data_root: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _plan_looks(cls, asked: Any) -> Any:
        """Turn `seeds = "auto"` and `max_seeds` into seeds and looks."""
        if not isinstance(asked, dict):
            return asked
        most = asked.get("max_seeds")
        rest = {key: value for key, value in asked.items() if key != "max_seeds"}
        if asked.get("seeds") != "auto":
            if most is not None:
                raise ValueError(f"max_seeds {most}: expected only with seeds 'auto'; give --seeds auto")
            return rest
        most = looks.MOST_SEEDS if most is None else most
        if not isinstance(most, int) or isinstance(most, bool) or most < FEWEST_SEEDS:
            raise ValueError(f"max_seeds: got {most!r}, expected a number of at least {FEWEST_SEEDS}")
        return rest | {"seeds": tuple(range(most)), "looks": looks.planned(most)}

    @field_validator("metrics")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return catalogue.expand(names)
        except UsageError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _has_one_place(self) -> Spec:
        if self.devices and self.device != "auto":
            raise ValueError(f"device {self.device} and devices {','.join(self.devices)}: expected one of the two")
        if "all" in self.devices and len(self.devices) > 1:
            raise ValueError(f"devices {','.join(self.devices)}: expected all, or some by name")
        return self

    @model_validator(mode="after")
    def _has_weights(self) -> Spec:
        if self.protocol is not None and "inception" not in self.features_weights:
            raise ValueError(f"protocol {self.protocol}: needs --features-weights inception=FILE, got none")
        return self

    @property
    def weights(self) -> dict[str, Path]:
        """The user's weights by feature space."""
        from genbench.features import with_twins

        return with_twins(self.features_weights)

    @field_validator("models", "datasets", "seeds", "marks", "devices")
    @classmethod
    def _are_distinct(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(map(str, twice))}")
        return values

    @field_validator("marks")
    @classmethod
    def _ascend(cls, marks: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(marks))


def make_spec(flags: dict[str, Any], study: Path | None = None) -> Spec:
    """Combine a study file with flags, which win.

    Raises:
        SpecError: with every problem of both at once.
    """
    asked = _read(study) if study else {}
    known = (*Spec.model_fields.keys() - {"looks"}, "max_seeds")
    problems = [str(UnknownName("key", key, known)) for key in asked if key not in known]
    merged = {key: value for key, value in asked.items() if key in known} | flags
    merged["options"] = _merged_options(asked.get("options", {}), flags.get("options", {}))
    source = str(study) if study else "the command line"
    try:
        spec = Spec.model_validate(merged)
    except ValidationError as error:
        problems += [_problem(each) for each in error.errors()]
    else:
        problems += [
            f"options.{name}: no such model in this study, which has {', '.join(spec.models)}"
            for name in spec.options
            if name not in spec.models
        ]
    if problems:
        raise SpecError(problems, source)
    return spec


def parse_option(text: str) -> tuple[str, str, Any]:
    """Read `vae.latent=16` as model, option and value; the value is TOML, or else a string.

    Raises:
        SpecError: there is no model, option or value.
    """
    target, equals, value = text.partition("=")
    model, dot, option = target.rpartition(".")
    if not (equals and dot and model and option):
        raise SpecError([f"--set '{text}': expected MODEL.OPTION=VALUE, as model.latent=16"])
    try:
        return model, option, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return model, option, value


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError([f"cannot read it: {error.strerror}"], str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError([f"not a TOML file: {error}"], str(path)) from error


def _merged_options(study: Any, flags: dict[str, dict[str, Any]]) -> Any:
    if not isinstance(study, dict):
        return study
    return study | {model: {**study.get(model, {}), **given} for model, given in flags.items()}


def _problem(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    reason = error["msg"].removeprefix("Value error, ")
    got = "" if error["type"] in ("missing", "value_error") else f", got {error['input']!r}"
    return f"{where}: {reason}{got}" if where else reason
