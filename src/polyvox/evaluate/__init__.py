"""Measure encoders on tasks, keep every score, and say how it was made."""
