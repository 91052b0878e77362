"""Equal tuning: as many configurations of every model, chosen by validation rows alone, then fresh seeds."""
