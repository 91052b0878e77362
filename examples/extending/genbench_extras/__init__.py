"""A data set, a measure, a feature space and an observer, as plugins of genbench."""
