"""Models that were not tuned alike are never compared without a word."""

from __future__ import annotations

from dataclasses import replace

from genbench.tables.blocks import blocks
from genbench.tables.footnotes import footnotes
from genbench.tables.headers import header
from genbench.tables.tuning import expected, ledgers


def _block(records, results):
    (block,) = blocks(records, results.references, run="x")
    return block


def _retuned(record, trials):
    tuned = None if trials is None else record.trial.tuned.model_copy(update={"trials": trials})
    return record.model_copy(update={"trial": record.trial.model_copy(update={"tuned": tuned})})


def _changed(results, title, trials):
    return [
        _retuned(each, trials) if each.trial.model.title == title and each.trial.purpose == "score" else each
        for each in results.records
    ]


def test_unequal_numbers_of_trials_are_marked(tuned) -> None:
    """Kills: a table in which one model had three times the tuning of another, and nobody is told."""
    block = _block(_changed(tuned.results, "null", 2), tuned.results)
    marks, notes = footnotes(block)
    said = {label: [notes[number - 1] for number in numbers] for label, numbers in marks.items()}
    assert "tuned with 2 configurations, others with 6: this is no equal comparison" in said["null"]
    assert "tuned with 6 configurations, others with 2: this is no equal comparison" in said["tunable"]
    assert "2 or 6 tuned" in header(block)


def test_models_that_were_not_tuned_are_marked(tuned) -> None:
    """Kills: defaults against a search."""
    block = _block(_changed(tuned.results, "null", None), tuned.results)
    assert "not tuned, others with 6: this is no equal comparison" in footnotes(block)[1]


def test_equal_ones_are_not_marked(tuned) -> None:
    """Kills: a mark on a model whose options allow fewer configurations than it was given."""
    assert not any(
        "equal comparison" in note or "ledger" in note
        for note in footnotes(_block(tuned.results.records, tuned.results))[1]
    )


def test_a_ledger_that_lacks_configurations_is_marked(tuned) -> None:
    """Kills: a chosen configuration whose rivals nobody can see."""
    kept = [each for each in tuned.results.records if each.trial.purpose != "tune" or each.trial.tuned.number < 3]
    notes = footnotes(_block(kept, tuned.results))[1]
    assert "the ledger holds 3 of the 6 configurations that it was chosen from" in notes


def test_expectations_end_at_the_chosen_one(tuned) -> None:
    """Kills: a curve over another order than that of the choice."""
    for ledger in ledgers(_block(tuned.results.records, tuned.results)):
        chosen = next(each for each in ledger.scores if each.number == ledger.tuned.number)
        base = next(each for each in ledger.scores if each.number == 0)
        assert expected(ledger, 0, ledger.tuned.trials).value == chosen.values[0]
        assert expected(ledger, 0, 1).value == base.values[0]


def test_a_sampler_that_looks_back_is_shown_in_its_own_order(tuned) -> None:
    """Kills: an expectation over choices that could not have been made."""
    ledger = next(each for each in ledgers(_block(tuned.results.records, tuned.results)) if each.label == "tunable")
    own = replace(ledger, tuned=ledger.tuned.model_copy(update={"sampler": "tpe"}))
    values = {each.number: each.values[0] for each in ledger.scores if not each.has_failed}
    for trials in range(1, 7):
        assert expected(own, 0, trials).value == min(value for number, value in values.items() if number < trials)
