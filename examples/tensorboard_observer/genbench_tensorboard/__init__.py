"""Writes what models log as TensorBoard event files."""
