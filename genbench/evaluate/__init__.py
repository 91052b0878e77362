"""Judge samples: files and a prepared data set in, measures out. Knows no model and runs in no model's process."""

from genbench.evaluate.controls import reference
from genbench.evaluate.judging import BUILT_IN, judge
from genbench.evaluate.spaces import open_spaces

__all__ = ["BUILT_IN", "judge", "open_spaces", "reference"]
