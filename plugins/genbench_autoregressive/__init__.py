"""Models of a distribution as a product of conditional ones, each value given those before it."""
