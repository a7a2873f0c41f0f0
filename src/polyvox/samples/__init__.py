"""The sample collection of `polyvox demo`: made by tools/make_samples.py, Apache-2.0 like the code."""
