"""Training of a speech encoder by masked prediction: the recipe kind `masked`."""
