"""What trials and numbers refer to, by name and hash: a data set, a model; the base of every persisted type."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from genbench.hookspecs import Kind
from genbench.table import Table

Split = Literal["train", "validation", "held_out"]


class Frozen(BaseModel):
    """Base of every persisted type: immutable, no unknown keys, no silent conversion of NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    def digest(self) -> str:
        """Return 16 hexadecimal digits that change when any field does."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(document: dict[str, Any]) -> str:
    """Return 16 hexadecimal digits of a JSON document."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


class Mixture(Frozen):
    """The known density of a synthetic data set: equally likely round Gaussians, in the data's own units."""

    centres: tuple[tuple[float, ...], ...]
    deviation: float


class Scale(Frozen):
    """Per-coordinate mean and deviation of the train split, by which points are standardised; 0 and 1 of a category."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


class DataRef(Frozen):
    """A data set as a trial and a number name it: never the rows themselves."""

    name: str
    kind: Kind
    shape: tuple[int, ...]
    classes: int | None
    labelled: bool
    counts: dict[Split, int]
    hash: str  # of all splits' rows, labels and order
    scale: Scale | None = None
    mixture: Mixture | None = None
    table: Table | None = None  # of points that are a table: `shape` is then that of the stored rows
    alphabet: tuple[str, ...] | None = None  # what tokens stand for, by code

    @property
    def task_shape(self) -> tuple[int, ...]:
        """Return the shape of one example as a model sees it."""
        return self.shape if self.table is None else (self.table.width,)


class ModelRef(Frozen):
    """A validated model: who ships it, which code, which options."""

    name: str
    distribution: str  # "genbench 0.1.0"
    module: str
    code: str  # sha256 over the plugin's own source files
    options: dict[str, Any]
    batch_size: int
    variants: tuple[str, ...]
    hooks: tuple[str, ...]
    card: dict[str, Any] = {}
    label: str | None = None  # tells it from others of the same name in one study, as `shallow` of `model@shallow`

    def digest(self) -> str:
        """Return the same digits as before there were labels, where there is none."""
        return digest_of(self.model_dump(mode="json", exclude={"label"} if self.label is None else set()))

    @property
    def title(self) -> str:
        """Return what the study calls it: its name, and its label where it has one."""
        return self.name if self.label is None else f"{self.name}@{self.label}"

    @classmethod
    def stub(cls, name: str, distribution: str, module: str) -> ModelRef:
        """Return what is known of a model that could not be validated."""
        return cls(
            name=name,
            distribution=distribution,
            module=module,
            code="",
            options={},
            batch_size=1,
            variants=("default",),
            hooks=(),
        )

    @property
    def culprit(self) -> str:
        """Return who to blame, as `genbench-foo 0.2 [foo]`."""
        return f"{self.distribution} [{self.name}]"
