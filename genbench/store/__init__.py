"""The results folder: a plan, one record an attempt, references; published whole or not at all."""

from genbench.store.folder import STOPPED, Results, RunFolder, file_name, load_record
from genbench.store.sealed import collection_paused, load, publish

__all__ = ["STOPPED", "Results", "RunFolder", "collection_paused", "file_name", "load", "load_record", "publish"]
