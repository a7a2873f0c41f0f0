"""A language model that reads speech units: one tower for speech and text (arXiv 2404.01616)."""
