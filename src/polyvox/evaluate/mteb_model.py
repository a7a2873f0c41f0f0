"""Our encoders in mteb: `mteb.evaluate(MtebModel(encoder), tasks)` (Muennighoff et al., EACL 2023)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Encoder, Role, Vectors
from polyvox.errors import MissingExtraError
from polyvox.item import Audio
from polyvox.train.waves import resample

_ROLES = {"query": Role.QUERY, "document": Role.PASSAGE}


class MtebModel:
    """An encoder with the methods that mteb asks a model for.

    Batches with audio are heard, all others are read. What mteb does not mark as a query is a passage.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @cached_property
    def mteb_model_meta(self) -> Any:  # noqa: ANN401 - mteb's own type
        """What mteb writes into its results.

        Raises:
            MissingExtraError: mteb is not installed.
        """
        try:
            from mteb.models import ModelMeta
        except ImportError as error:
            raise MissingExtraError("mteb", "a model's card for mteb") from error
        card = self._encoder.card
        told = {"name": f"polyvox/{card.name}", "revision": card.fingerprint, "embed_dim": card.dimension}
        return ModelMeta.create_empty(overwrites=told)

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: object,
        hf_split: str,
        hf_subset: str,
        prompt_type: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool = False,
        precision: str = "float32",
    ) -> Vectors:
        """Encode mteb's batches, (N, dimension); a row does not depend on how they are cut."""
        role = _ROLES.get(str(getattr(prompt_type, "value", prompt_type)), Role.PASSAGE)
        found = [self._batch(batch, role) for batch in inputs]
        return np.concatenate(found) if found else np.zeros((0, self._encoder.card.dimension), np.float32)

    def _batch(self, batch: Mapping[str, Any], role: Role) -> Vectors:
        if "audio" in batch:
            return self._encoder.encode_speech([_audio(item) for item in batch["audio"]], role=role)
        return self._encoder.encode_text([str(text) for text in batch["text"]], role=role)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> NDArray[np.float32]:  # noqa: ANN401
        """Cosines of all pairs, (N, M)."""
        first, second = np.atleast_2d(_rows(embeddings1)), np.atleast_2d(_rows(embeddings2))
        return np.asarray(first @ second.T, np.float32)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> NDArray[np.float32]:  # noqa: ANN401
        """Cosines of corresponding rows, (N,)."""
        return np.asarray(np.einsum("nd,nd->n", _rows(embeddings1), _rows(embeddings2)), np.float32)


def _rows(vectors: Any) -> Vectors:  # noqa: ANN401 - an array or a torch tensor
    return np.asarray(vectors, np.float32)


def _audio(item: Mapping[str, Any]) -> Audio:
    samples = np.asarray(item["array"], np.float32)
    mono = samples if samples.ndim == 1 else samples.mean(axis=int(samples.shape[0] > samples.shape[1]))
    return Audio(resample(mono, float(item["sampling_rate"])))
