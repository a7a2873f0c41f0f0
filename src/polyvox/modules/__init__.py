"""The torch modules that our models are made of."""
