"""Densities fitted in closed form or nearly so: what any other model has to beat."""
