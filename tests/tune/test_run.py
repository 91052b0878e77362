"""A whole search: what is tried, what is chosen, what is told of it."""

from __future__ import annotations

import csv
import io
import json

from genbench.store import RunFolder
from genbench.validation import validate


def _tried(tuned, title):
    found = [each for each in tuned.results.records if each.trial.purpose == "tune" and each.trial.model.title == title]
    return sorted(found, key=lambda each: each.trial.tuned.number)


def _chosen(tuned, title):
    return [each for each in tuned.results.records if each.trial.purpose == "score" and each.trial.model.title == title]


def test_it_ends_well_although_configurations_failed(tuned) -> None:
    """Kills: an exit code of 1 for a search in which a configuration diverges."""
    assert tuned.done.returncode == 0, tuned.done.stderr
    assert {each.status for each in _tried(tuned, "tunable")} == {"OK", "FAILED(train)"}
    assert not tuned.results.missing
    assert validate(tuned.results.path).problems == ()


def test_every_model_has_as_many_configurations_the_first_as_the_study_gives(tuned) -> None:
    """Kills: defaults left out; a model that gets more; a model of nothing to tune that is trained again and again."""
    assert [len(_tried(tuned, title)) for title in ("tunable", "tunable@near", "null")] == [6, 4, 1]
    first = _tried(tuned, "tunable")[0].trial.model.options
    assert (first["shift"], first["limit"], first["rate"]) == (2.0, 3.0, 1e-3)
    assert all(each.trial.model.options["shift"] == 0.25 for each in _tried(tuned, "tunable@near"))
    assert {each.trial.model.options["rate"] for each in _tried(tuned, "tunable")[1:]} <= {1e-3, 1e-2}


def test_configurations_are_never_judged_against_held_out_rows(tuned) -> None:
    """Kills: the split of the tables drawn for and judged while it is chosen by."""
    tried = [each for each in tuned.results.records if each.trial.purpose == "tune"]
    assert {measure.identity.split for each in tried for measure in each.measures} == {"validation"}
    assert not any(name.startswith("samples") for each in tried for name in each.digests)


def test_the_best_by_validation_is_chosen_and_trained_with_fresh_seeds(tuned) -> None:
    """Kills: the worst chosen; the tuning seed used again; the defaults run instead of what was chosen."""
    tried = _tried(tuned, "tunable")
    scores = {
        each.trial.tuned.number: each.measure("fd:coordinates", split="validation") for each in tried if each.is_ok
    }
    best = min(scores, key=scores.__getitem__)
    final = _chosen(tuned, "tunable")
    assert [each.trial.seed for each in final] == [0, 1]
    assert {each.trial.seed for each in tried} == {10_000}
    assert {each.trial.tuned.number for each in final} == {best}
    assert all(each.trial.model.options == tried[best].trial.model.options for each in final)
    assert final[0].trial.tuned.by == ("fd:coordinates",)
    assert min(each.trial.model.options["shift"] for each in tried) == final[0].trial.model.options["shift"]


def test_what_the_model_refuses_is_drawn_again_and_said(tuned) -> None:
    """Kills: a configuration that the model refuses planned, or given up in silence."""
    assert all(each.trial.model.options["shift"] <= 3.0 for each in _tried(tuned, "tunable"))
    assert "drawn again" in tuned.done.stderr
    assert "is beyond 3.0" in tuned.done.stderr


def test_what_is_searched_is_said_before_anything_runs(tuned) -> None:
    said = tuned.done.stderr
    assert "6 configurations of every model" in said
    assert said.index("tunable: shift 0 to 4, rate 0.001|0.01, mode a|b") < said.index("configuration 0: OK")
    assert "null: nothing to tune, 1 configuration" in said
    assert tuned.results.plan.search.space("null").dimensions == ()


def test_two_option_sets_of_one_model_stand_in_one_table(tuned) -> None:
    """Kills: a study that can name a model once."""
    labels = [line.split()[0] for line in tuned.done.stdout.splitlines() if "2/2" in line]
    assert {"tunable", "tunable@near", "null"} <= set(labels)


def test_the_tables_say_how_models_were_tuned(tuned) -> None:
    text = " ".join(tuned.done.stdout.split())
    assert "· 6 tuned ·" in text
    assert "Tuning: chosen by FD coordinates on validation rows" in text
    assert "null has nothing to tune" in text
    assert "Quality against tuning: FD coordinates ↓ on validation (N 64)" in text
    assert "no equal comparison" not in text
    assert (tuned.results.path / "tuning-tiny.png").read_bytes().startswith(b"\x89PNG")


def test_machines_get_the_whole_ledger(tuned, tune) -> None:
    """Kills: failed configurations left out of the ledger."""
    path = str(tuned.results.path)
    (block,) = json.loads(tune("table", path, "--format", "json").stdout)["blocks"]
    ledger = block["tuning"]
    assert len(ledger) == 11
    tried = {each.trial.tuned.number: each for each in _tried(tuned, "tunable")}
    for each in ledger:
        if each["model"] == "tunable":
            record = tried[each["number"]]
            assert (each["status"], each["seconds"]) == (record.status, record.wall_seconds)
            assert json.loads(each["options"]) == record.trial.model.options
            assert (each["validation"] == [None]) == (not record.is_ok)
    assert sum(each["chosen"] for each in ledger) == 3
    lines = csv.DictReader(io.StringIO(tune("table", path, "--format", "csv").stdout))
    assert sum(line["measure"] == "tuning:fd:coordinates" for line in lines) == 11


def test_the_plan_as_it_was_begun_is_not_that_of_another_search(tuned) -> None:
    """Kills: a search of more trials that goes on in the folder of one of fewer."""
    from genbench.resume import differences

    plan = RunFolder(tuned.results.path).plan()
    more = plan.model_copy(update={"search": plan.search.model_copy(update={"trials": 7})})
    assert differences(plan, plan) == ()
    assert differences(plan, more) == ("search: trials changed from 6 to 7",)


def test_the_methods_paragraph_says_how_models_were_tuned(tuned) -> None:
    """Kills: a paper that calls a search a default."""
    from genbench.methods import methods

    text = " ".join(methods(tuned.results).split())
    assert "Every model was given 6 configurations on each data set (random search" in text
    assert "the best on validation rows by fd:coordinates was trained anew" in text
