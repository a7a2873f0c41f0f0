"""Items to vectors: the encoder contract, the light back end and other people's models."""
