"""Ears for a text model, without training: recipes of the kind `ears`."""
