"""Recipes of the kind `fusion`: speech against a frozen Matryoshka text model, fused into it or beside it."""
