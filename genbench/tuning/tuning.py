"""A search on its way: from what was asked to the first configurations, the next ones, the chosen ones' trials."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from genbench.engines import Call
from genbench.errors import HarnessFault, Interrupted, SpecError
from genbench.messages import Configure, Configured, Inspect
from genbench.names import model_of
from genbench.record import Tuned
from genbench.status import INTERRUPTED
from genbench.tuning.asked import Tune
from genbench.tuning.draws import Answer, Configuration, Drawer, Lot
from genbench.tuning.samplers import Tried, sampler_of
from genbench.tuning.search import Search
from genbench.tuning.space import space_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.engines import Ended, LocalEngine
    from genbench.plan import Plan
    from genbench.record import Record, Trial
    from genbench.reporter import Reporter
    from genbench.spec import Spec
    from genbench.survey import Survey
    from genbench.tables.columns import Column
    from genbench.tuning.search import Space

Cell = tuple[str, str]  # a model as the study calls it, and a data set
FIRST_TRAINING_SEED = 10_000  # above any number of seeds that a study may count out


class Tuning:
    """What a run does before its trials are known.

    Args:
        spec: what was asked.
        found: models and their schemas.
        asked: the plan without any search: of its trials the chosen configurations' are made.
        engine: runs the models' word on what was drawn for them.
        report: hears of what was drawn anew, and of what was chosen.

    Raises:
        SpecError: what the study says of the search cannot be.
    """

    def __init__(self, spec: Spec, found: Survey, asked: Plan, engine: LocalEngine, report: Reporter) -> None:
        self._spec, self._found, self._asked, self._engine, self._report = spec, found, asked, engine, report
        self._tune = spec.tune or Tune()
        if spec.budget.unit == "flops":
            reason = "each configuration would have to be probed for its own FLOPs; give steps, examples or seconds"
            raise SpecError([f"budget {spec.budget}: cannot be tuned under: {reason}"], "the search")
        broken = {each.model.title for each in asked.broken}
        self._cells = {cell_of(each): each for each in reversed(asked.trials) if each.model.title not in broken}
        self._search = self._begun()
        self._drawer = Drawer(sampler_of(self._search), self._ask)
        self._lots = {
            cell: Lot(cell[1], self._search.space(cell[0]), {0: Configuration(0, trial.model.options)})
            for cell, trial in reversed(self._cells.items())
        }

    def begin(self) -> Plan:
        """Return the plan as far as it is known before anything was run."""
        self._draw(())
        trials = () if self._lots else tuple(self._with(each, {}) for each in self._asked.trials)
        update = {"search": self._search, "trials": trials, "tuning": self._configurations()}
        return self._asked.model_copy(update=update)

    def go_on(self, plan: Plan, records: Sequence[Record]) -> Plan:
        """Return the plan with the next configurations, or with the trials of the chosen ones."""
        self._draw(records)
        tuning = self._configurations()
        if len(tuning) > len(plan.tuning):
            return plan.model_copy(update={"tuning": tuning})
        chosen = {cell: self._choose(cell, records) for cell in self._lots}
        trials = tuple(self._with(each, chosen) for each in self._asked.trials)
        probes = tuple(self._with(each, chosen).model_copy(update={"tuned": None}) for each in self._asked.probes)
        known = {each.id for each in plan.probes}
        return plan.model_copy(
            update={"trials": trials, "probes": (*plan.probes, *(each for each in probes if each.id not in known))}
        )

    def _begun(self) -> Search:
        """Return what is searched, once every model has taken the ends of the ranges that the study names for it."""
        problems: list[str] = []
        spaces = []
        for title in dict.fromkeys(model for model, _ in reversed(self._cells)):
            space, wrong = self._space(title)
            problems += wrong
            named = self._named(title)
            ends = [(each.option, end) for each in space.dimensions if each.option in named for end in each.ends]
            answers = self._ask(title, [{option: end} for option, end in ends]) if ends and not wrong else ()
            problems += [f"tune.space.{title}: {each.reason}" for each in answers if each.reason is not None]
            spaces.append(space)
        if problems:
            raise SpecError(list(dict.fromkeys(problems)), "the search")
        seeds = self._spec.seeds
        return Search(
            trials=self._tune.trials,
            seed=self._tune.seed,
            sampler=self._tune.sampler,
            metric=self._tune.metric,
            training_seed=next(each for each in count(FIRST_TRAINING_SEED + self._tune.seed) if each not in seeds),
            seeds=len(seeds),
            spaces=tuple(spaces),
        )

    def _space(self, title: str) -> tuple[Space, list[str]]:
        inspected = self._found.models[title]
        assert inspected.model is not None
        return space_of(
            title,
            inspected.options_schema,
            inspected.model.options,
            given=self._spec.options_of(title),
            space=self._named(title),
            only_named=self._tune.only_named,
        )

    def _named(self, title: str) -> dict[str, Any]:
        """Return the ranges that the study names: those of the model's name, then those of its label."""
        space = self._tune.space
        return {**space.get(model_of(title)[0], {}), **space.get(title, {})}

    def _draw(self, records: Sequence[Record]) -> None:
        """Draw all configurations, or where the sampler looks back the next one of every model."""
        numbers = range(1, self._search.trials)
        before = {cell: len(lot.found) for cell, lot in self._lots.items()}
        if not self._drawer.sampler.looks_back:
            self._drawer.fill(self._lots.values(), numbers)
        elif records:
            for cell, lot in self._lots.items():
                self._draw_next(cell, lot, records)
        for cell, lot in self._lots.items():
            for each in list(lot.found.values())[before[cell] :]:
                self._say_refused(cell, each)

    def _draw_next(self, cell: Cell, lot: Lot, records: Sequence[Record]) -> None:
        """Draw one more configuration by what is known of the lower numbers, also where higher ones were tried."""
        for number in range(1, self._search.trials):
            if number not in lot.found and number not in lot.absent:
                self._drawer.fill([lot], [number], self._tried(cell, records, below=number))
                if number in lot.found:
                    return

    def _say_refused(self, cell: Cell, found: Configuration) -> None:
        if found.refused:
            times = f"{len(found.refused)} time{'s' * (len(found.refused) > 1)}"
            said = f"configuration {found.number} was drawn again {times}, as the model refused: {found.refused[0]}"
            self._report.say(f"{cell[0]} on {cell[1]}: {said}")

    def _configurations(self) -> tuple[Trial, ...]:
        """Return the trials of what was drawn so far: the lower numbers of all models first."""
        found = [(each, cell) for cell, lot in self._lots.items() for each in lot.found.values()]
        return tuple(
            self._trial(self._cells[cell], each) for each, cell in sorted(found, key=lambda pair: pair[0].number)
        )

    def _trial(self, trial: Trial, found: Configuration) -> Trial:
        """Return the trial of a configuration: without marks, and without what is only measured of held-out rows."""
        return trial.model_copy(
            update={
                "purpose": "tune",
                "model": trial.model.model_copy(update={"options": found.options}),
                "seed": self._search.training_seed,
                "marks": (),
                "metrics": (),
                "protocol": None,
                "tuned": self._tuned(number=found.number),
            }
        )

    def _tuned(self, **more: Any) -> Tuned:
        search = self._search
        return Tuned(trials=search.trials, sampler=search.sampler, seed=search.seed, **more)

    def _scored(self, cell: Cell, records: Iterable[Record]) -> tuple[tuple[Column, ...], list[Record]]:
        """Return the measures that decide on a data set, and the records of a model's configurations there."""
        from genbench.tuning.selection import measures_of, tuning_of

        there = [each for each in tuning_of(records) if each.trial.data.name == cell[1]]
        own = [each for each in there if cell_of(each.trial) == cell]
        return (measures_of(there, self._search.metric) if there else ()), own

    def _tried(self, cell: Cell, records: Iterable[Record], *, below: int) -> tuple[Tried, ...]:
        """Return what is known of a model's configurations of lower numbers, by their places."""
        from genbench.tuning.selection import best_first, number_of, score

        measures, own = self._scored(cell, records)
        options = {number_of(each): each.trial.model.options for each in own if number_of(each) < below}
        ordered = [each for each in best_first(score(each, measures) for each in own) if each.number < below]
        worst = float(len(ordered))
        places = {each.number: worst if each.has_failed else float(at) for at, each in enumerate(ordered)}
        return tuple(Tried(options[number], places[number]) for number in sorted(places))

    def _choose(self, cell: Cell, records: Sequence[Record]) -> tuple[dict[str, Any], Tuned]:
        """Return the options of the best configuration, and how it was found."""
        from genbench.tuning.selection import best_first, score

        measures, own = self._scored(cell, records)
        scores = best_first(score(each, measures) for each in own)
        best = scores[0]
        failed = sum(each.has_failed for each in scores)
        by = tuple(each.name for each in measures)
        said = f"configuration {best.number} of {len(scores)}" + (f", {failed} failed" if failed else "")
        self._report.say(f"{cell[0]} on {cell[1]}: chosen {said}")
        tuned = self._tuned(number=best.number, by=by, tried=len(scores), failed=failed)
        return self._lots[cell].found[best.number].options, tuned

    def _with(self, trial: Trial, chosen: dict[Cell, tuple[dict[str, Any], Tuned]]) -> Trial:
        """Return a trial with its model's chosen options; a broken model has none."""
        if cell_of(trial) not in chosen:
            return trial.model_copy(update={"tuned": self._tuned(number=0)})
        options, tuned = chosen[cell_of(trial)]
        model = trial.model.model_copy(update={"options": options})
        return trial.model_copy(update={"model": model, "tuned": tuned})

    def _ask(self, title: str, candidates: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        """Hear from a model which candidates it takes."""
        spec = self._spec
        answers: list[Ended] = []
        model = Inspect(name=model_of(title)[0], options=spec.options_of(title), batch_size=spec.batch_size)
        asked = Configure(model=model, candidates=tuple(candidates))
        call = Call(name=f"configurations of {title}", function="configure", payload=asked.model_dump_json())
        self._engine.submit(call, answers.append)
        self._engine.drain()
        (ended,) = answers
        if ended.status == INTERRUPTED:
            raise Interrupted
        if ended.result is None:
            raise HarnessFault(f"{call.name}: {ended.status}: {ended.message}\n{ended.log_tail}")
        told = Configured.model_validate_json(ended.result)
        return [Answer(options, reason) for options, reason in zip(told.options, told.reasons, strict=True)]


def cell_of(trial: Trial) -> Cell:
    """Return the model and the data set of a trial."""
    return trial.model.title, trial.data.name
