"""`genbench score`: the measures on rows that a user gives, without any training."""

from __future__ import annotations

from genbench.scorecard.card import Answer, Floor, make_card
from genbench.scorecard.sources import Given, read

__all__ = ["Answer", "Floor", "Given", "make_card", "read"]
