"""A run on disk that nothing was trained for."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from genbench.plan import Plan
from genbench.store import RunFolder


def _builders():
    """Return the builders of the tables' tests."""
    path = Path(__file__).parents[1] / "tables" / "conftest.py"
    spec = importlib.util.spec_from_file_location("builders_of_records", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def written(tmp_path, put_record):
    """Return a function that writes records as a run's folder; by default those of two models on two data sets."""
    builders = _builders()

    def write(records=None, *, looks=(), absent=()):
        records = builders.images() + builders.points() if records is None else records
        trials = tuple(each.trial for each in records if each.trial.purpose == "score")
        probes = tuple(each.trial for each in records if each.trial.purpose == "probe")
        folder = RunFolder.create(tmp_path, Plan(trials=trials, probes=probes, looks=looks, not_applicable=absent))
        for record in records:
            put_record(folder, record)
        for reference in builders.references().values():
            folder.publish_reference(reference)
        return folder.path

    write.builders = builders
    return write
