"""Items to vectors: the encoder contract, the light back end and other people's models."""

from polyvox.encode.load import DEFAULT_MODEL, load_encoder
from polyvox.encode.protocol import Encoder, ModalityError, ModelCard, Role, Vectors

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "ModalityError",
    "ModelCard",
    "Role",
    "Vectors",
    "load_encoder",
]
