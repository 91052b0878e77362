"""What the user asked for: flags and a TOML file, checked together, with every mistake found at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from genbench.budget import GRAMMAR, Budget
from genbench.check.findings import COLLAPSE, SPEEDS
from genbench.check.rules import Rules
from genbench.clashes import MANY_SEEDS, clashes, with_looks
from genbench.errors import SpecError, UnknownName, UsageError
from genbench.escaping import plain, quoted_value
from genbench.metrics import catalogue
from genbench.names import NAME, TITLE, model_of
from genbench.plugins import use_files
from genbench.refs import Frozen
from genbench.study import Study
from genbench.tuning.asked import Tune

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_BUDGET = "4800steps"
DEFAULT_MARKS = (0.1, 0.2, 1 / 3, 0.5, 2 / 3)
SOURCE = r"^[a-z][a-z0-9_.-]{0,63}(:.+)?$"  # a data set may name a file: images:FOLDER
LONGEST_SOURCE = 4_096
MOST_THREADS = 1_024
MOST: dict[str, float] = {"steps": 1e12, "examples": 1e15, "seconds": 1e8, "flops": 1e27}  # 3 years; 1e27 likewise


def _seeds(value: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if not 1 <= value <= MANY_SEEDS:
        raise ValueError(f"got {quoted_value(value)}, expected 1 to {MANY_SEEDS} of them")
    return tuple(range(value))


def _budget(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"got {quoted_value(value)}, expected text: {GRAMMAR}")
    try:
        budget = Budget.parse(value)
    except SpecError as error:
        raise ValueError(error.problems[0]) from None
    if budget.amount > MOST[budget.unit]:
        raise ValueError(f"budget {plain(value, 80)}: expected at most {MOST[budget.unit]:g} {budget.unit}")
    return budget


def _gate_problem(name: str) -> str | None:
    """Return why nothing can be gated by a name; whether it is measured turns out later."""
    metric, _, features = name.partition(":")
    others = (COLLAPSE, *SPEEDS)
    if name in others:
        return None
    if not features:
        return f"got {quoted_value(name)}, expected METRIC:FEATURES, as kd:classifier, or {', '.join(others)}"
    try:
        catalogue.expand((metric,))
    except UsageError as error:
        return str(error)
    return None


class Spec(Frozen):
    """A whole study: models x data sets x seeds under one budget."""

    models: tuple[Annotated[str, Field(pattern=TITLE)], ...] = Field(min_length=1)  # NAME, or NAME@LABEL
    datasets: tuple[Annotated[str, Field(pattern=SOURCE, max_length=LONGEST_SOURCE)], ...] = Field(
        ("digits",), min_length=1
    )
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
    matmul: Literal["auto", "highest"] = "auto"  # float32 products on the CPU; auto: as was measured on the machine
    threads: int = Field(1, ge=1, le=MOST_THREADS)
    features: tuple[Annotated[str, Field(pattern=NAME)], ...] | None = None  # None: what suits each data set
    features_weights: dict[Annotated[str, Field(pattern=NAME)], Path] = {}  # the user's files, by feature space
    metrics: tuple[Annotated[str, Field(pattern=NAME)], ...] = ()  # besides the standard ones
    protocol: Literal["fid50k-train"] | None = None
    gate: tuple[Annotated[str, Field(max_length=200)], ...] = ()  # what `genbench check` judges besides the standard
    rules: Rules = Rules()  # by which it judges: looks, margins, error budgets
    tune: Tune | None = None  # what `genbench tune` searches, and how
    probe: bool = True
    quick: bool = False  # the probe's windows are short
    workers: int | None = Field(None, ge=1, le=MOST_THREADS)  # None: one a core
    per_device: int | None = Field(None, ge=1, le=MOST_THREADS)  # trials side by side on a GPU; None: as many as fit
    sample_batch: int = Field(1000, ge=1)
    observers: tuple[Annotated[str, Field(pattern=NAME)], ...] = ()
    plugins: tuple[Path, ...] = ()  # files of models that are not installed, absolute
    data_root: Path | None = None

    @field_validator("metrics")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return catalogue.expand(names)
        except UsageError as error:
            raise ValueError(str(error)) from None

    @field_validator("gate")
    @classmethod
    def _are_measures(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        problems = [problem for name in names if (problem := _gate_problem(name)) is not None]
        if problems:
            raise ValueError("; ".join(problems))
        return names

    def options_of(self, title: str) -> dict[str, Any]:
        """Return the options that are given for a model: those of its name, then those of its label."""
        return self.options.get(model_of(title)[0], {}) | self.options.get(title, {})

    @property
    def weights(self) -> dict[str, Path]:
        """The user's weights by feature space."""
        from genbench.features import with_twins

        return with_twins(self.features_weights)

    @field_validator("models", "datasets", "seeds", "marks", "devices", "gate")
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
        SpecError: with every problem of both at once, those of the file with their lines.
    """
    file = Study(study)
    known = (*Spec.model_fields.keys() - {"looks"}, "max_seeds")
    problems = [
        f"{file.place([key])}{plain(str(UnknownName('key', key, known)))}" for key in file.asked if key not in known
    ]
    merged = {key: value for key, value in file.asked.items() if key in known} | flags
    merged["options"] = _merged_options(file.asked.get("options", {}), flags.get("options", {}))
    merged["plugins"], wrong = _used_files(file, flags)
    problems += wrong
    if isinstance(file.asked.get("tune"), dict) and "tune" in flags:
        merged["tune"] = file.asked["tune"] | flags["tune"]
    merged, wrong_looks = with_looks(merged)
    for keys, reason in (*wrong_looks, *clashes(merged)):
        problems.append(f"{_place(file, flags, keys)}{reason}")
    try:
        spec = Spec.model_validate(merged)
    except ValidationError as error:
        problems += [f"{_place(file, flags, each['loc'])}{_problem(each)}" for each in error.errors()]
    if problems:
        raise SpecError([*problems, *_unknown_names(file, flags)], file.source)
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
    except (ValueError, RecursionError):
        return model, option, value


def _merged_options(study: Any, flags: dict[str, dict[str, Any]]) -> Any:
    if not isinstance(study, dict) or any(not isinstance(study.get(model, {}), dict) for model in flags):
        return study
    return study | {model: {**study.get(model, {}), **given} for model, given in flags.items()}


def _used_files(file: Study, flags: dict[str, Any]) -> tuple[Any, list[str]]:
    """Put the files of models in use, those of the study as seen from its folder; flags win where names are equal."""
    asked = file.asked.get("plugins", [])
    if not (isinstance(asked, list) and all(isinstance(each, str) for each in asked)):
        return asked, []  # its type is told with the others
    of_study = [file.folder / each for each in asked]
    of_flags = [Path(each).absolute() for each in flags.get("plugins", ())]
    taken = {path.stem for path in of_flags}
    kept = [path for path in of_study if path.stem not in taken]
    problems = []
    for paths, place in ((kept, file.place(["plugins"])), (of_flags, "")):
        try:
            use_files(paths)
        except SpecError as error:
            problems += [f"{place}{problem}" for problem in error.problems]
    return [*kept, *of_flags], problems


def _unknown_names(file: Study, flags: dict[str, Any]) -> list[str]:
    """Return what the study names and nothing installed answers to; of the command line its caller tells."""
    from genbench.survey import name_problems

    asked = {key: file.asked.get(key, ()) for key in ("models", "datasets") if key not in flags}
    named = {key: _texts(names) for key, names in asked.items()}
    files = [*_texts(file.asked.get("plugins")), *flags.get("plugins", ())]
    found = [
        (key, name_problems(**({"models": (), "datasets": ()} | {key: names}), files=files))
        for key, names in named.items()
    ]
    return [f"{file.place([key])}{plain(problem)}" for key, problems in found for problem in problems]


def _texts(values: Any) -> tuple[str, ...]:
    """Return what of a list is text; what is not is told by its type."""
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _place(file: Study, flags: dict[str, Any], keys: Sequence[object]) -> str:
    """Return where a key was given: a line of the file, nothing where a flag has taken its place."""
    is_flag = bool(keys) and keys[0] in flags and (keys[0] != "options" or _is_in(flags["options"], keys[1:]))
    if keys and keys[0] == "tune" and "tune" in flags:
        is_flag = len(keys) > 1 and keys[1] in flags["tune"]
    return "" if is_flag else file.place(keys)


def _is_in(options: dict[str, dict[str, Any]], keys: Sequence[object]) -> bool:
    model, option = (*keys, None, None)[:2]
    given = options.get(str(model), {})
    return bool(given) if option is None else str(option) in given


def _problem(error: Any) -> str:
    where = ".".join(plain(str(part), 80) for part in error["loc"])
    if where == "models" and error["type"] == "missing":
        return "no models are named: give --models NAME,NAME or a study; `genbench models` lists what is installed"
    reason = plain(error["msg"].removeprefix("Value error, "))
    got = "" if error["type"] in ("missing", "value_error") else f", got {quoted_value(error['input'])}"
    return f"{where}: {reason}{got}" if where else reason
