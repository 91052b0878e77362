"""Coupling flows with exact densities, as a plugin of genbench."""
