"""Train a speech student against a frozen text teacher, by a recipe."""
