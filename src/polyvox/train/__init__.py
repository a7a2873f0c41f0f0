"""Recipes, losses, samplers and synthesis: how a model is made."""
