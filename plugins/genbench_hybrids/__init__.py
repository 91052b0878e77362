"""Generative models that encode as likelihood models do, and judge as adversarial ones do."""
