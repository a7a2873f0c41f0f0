"""The table that keeps items and vectors, the head that is scanned, and the ways to search them."""
