"""The results folder: a plan, one record an attempt, references; published whole or not at all."""

from genbench.store.folder import STOPPED, Results, RunFolder, file_name, load_record
from genbench.store.sealed import load, publish

__all__ = ["STOPPED", "Results", "RunFolder", "file_name", "load", "load_record", "publish"]
