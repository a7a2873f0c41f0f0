"""Recipes of the kind `clasp`: two frozen views of a recording, fused to meet a frozen text model (CLASP)."""
