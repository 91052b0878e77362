"""The results folder: what was asked, a plan, attempts, references; published whole or not at all."""

from genbench.store.attempts import OPEN, Attempts, Standing, load_record
from genbench.store.folder import REFERENCES, STOPPED, TRIALS, Results, RunFolder, as_study, file_name
from genbench.store.lease import Lease, Owner, Watch, is_neighbour, this_harness
from genbench.store.sealed import collection_paused, load, load_document, publish, publish_once, seal

__all__ = [
    "OPEN",
    "REFERENCES",
    "STOPPED",
    "TRIALS",
    "Attempts",
    "Lease",
    "Owner",
    "Results",
    "RunFolder",
    "Standing",
    "Watch",
    "as_study",
    "collection_paused",
    "file_name",
    "is_neighbour",
    "load",
    "load_document",
    "load_record",
    "publish",
    "publish_once",
    "seal",
    "this_harness",
]
