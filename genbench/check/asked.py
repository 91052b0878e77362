"""What a check was asked for, and where it keeps its pairs."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from genbench.check import content
from genbench.errors import BaselineError, ResultsError, UnknownName, UsageError
from genbench.escaping import plain
from genbench.names import model_of
from genbench.plugins import find
from genbench.refs import Frozen
from genbench.resume import WHERE
from genbench.spec import Spec
from genbench.store import load, publish_once

if TYPE_CHECKING:
    from genbench.check.baseline import Baseline
    from genbench.check.findings import Half
    from genbench.check.installs import Arms
    from genbench.record import Environment

KEPT = "check.json"
CHECKS = "checks"  # folder of what checks leave, apart from the runs that the user asked for


class Kept(Frozen):
    """What pairs in a folder are pairs of; the seed of their coin flips was drawn when the first was to be made."""

    schema_version: int = 1
    seed: int
    against: str
    baseline: str  # hashes: of the baseline, of what is installed in each arm
    arms: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of pairs, and the seed of their coin flips."""

    folder: Path
    seed: int
    is_same_code: bool = False  # in both arms


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to judge, against what, by which rules."""

    path: Path  # of the baseline, as the user gave it
    baseline: Baseline
    features: Path  # folder of the extractors that came with it
    halves: tuple[Half, ...] = ("quality", "throughput")
    against: str | None = None  # a ref, a wheel or a folder
    package: Path | None = None  # the project that is judged; None: the one that this is run in
    rules_from: str | None = None
    is_baseline_changed: bool = False
    output: Path = Path("results")
    data_root: Path | None = None
    workers: int | None = None
    max_minutes: float | None = None
    windows: int = 10  # of a timing
    window: float = 0.5  # seconds

    def spec(self) -> Spec:
        """Return the baseline's study, on this machine, with the models that are still installed.

        Raises:
            UsageError: none is.
            BaselineError: the study is none for this genbench.
        """
        here = {"data_root": self.data_root, "workers": self.workers, "device": self._device()}
        try:
            spec = Spec.model_validate(self.baseline.study | here)
        except ValidationError as error:
            told = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_url=False)]
            raise BaselineError(
                [f"study: {plain(place)}: {plain(why)}" for place, why in told], str(self.path)
            ) from None
        models = tuple(name for name in spec.models if _is_installed(model_of(name)[0]))
        if not models:
            raise UsageError(
                f"{self.path}: none of its models is installed: {', '.join(spec.models)}; install the package that "
                "brings them, name their files with --plugin, or make a baseline of others"
            )
        named = {*models, *(model_of(name)[0] for name in models)}
        options = {name: given for name, given in spec.options.items() if name in named}
        return spec.model_copy(update={"models": models, "options": options})

    def shelf(self, arms: Arms, environment: Environment) -> Shelf:
        """Return where pairs of the same two installs are kept, on the same machine and timed alike.

        Raises:
            ResultsError: what lies there is damaged, or nothing can be written there.
        """
        contents = (content.digest_of(arms.baseline.place), content.digest_of(arms.candidate.place))
        place = environment.model_dump(mode="json", include=set(WHERE))
        key = json.dumps([self.baseline.digest(), contents, place, self.windows, self.window], sort_keys=True)
        folder = self.output / CHECKS / f"pairs-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        kept = Kept(
            seed=secrets.randbelow(2**31), against=arms.baseline.what, baseline=self.baseline.digest(), arms=contents
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            publish_once(folder / KEPT, kept)
        except OSError as error:
            raise ResultsError(f"cannot write {folder}: {error.strerror}; choose another --output") from error
        return Shelf(folder, load(folder / KEPT, Kept).seed, contents[0] == contents[1])

    def _device(self) -> str:
        """Return the kind of device that the baseline was made on; another one is no comparison."""
        return self.baseline.cells[0].trial.device.partition(":")[0]


def _is_installed(name: str) -> bool:
    try:
        find(name)
    except UnknownName:
        return False
    return True
