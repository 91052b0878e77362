"""Networks that any model may be built on, apart from objectives: chosen by the kind of task and by shape."""
