"""Pictures of samples, for people."""
