"""Judge samples: files and a prepared data set in, measures out. Knows no model and runs in no model's process."""

from genbench.evaluate.controls import reference
from genbench.evaluate.judging import judge

__all__ = ["judge", "reference"]
