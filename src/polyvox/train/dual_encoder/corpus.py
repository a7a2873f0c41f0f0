"""The documents of the language model as token numbers on disk, made once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyvox.modules.prefixes import Prefixes
from polyvox.train.dual_encoder.documents import Library, documents
from polyvox.train.dual_encoder.language_section import LanguageModel
from polyvox.train.dual_encoder.tokenizer import learn_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_HELD_OUT_DOCUMENTS = 1000
_SIZES = "corpus.json"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Token numbers, one document after the other, each with its end token.

    Attributes:
        train: to learn from.
        held_out: to measure.
        held_out_bytes: of the held-out documents in UTF-8.
    """

    train: NDArray[np.uint16]
    held_out: NDArray[np.uint16]
    held_out_bytes: int


def build_corpus(library: Library, settings: LanguageModel, prefixes: Prefixes, folder: Path) -> None:
    """Draw the documents, learn the vocabulary and write both into `folder`, whole or not at all."""
    drawn = list(documents(library, settings.sources, settings.documents, prefixes, settings.seed))
    measured = list(
        documents(library, settings.sources, _HELD_OUT_DOCUMENTS, prefixes, settings.seed, held_out=True)
    )
    tokenizer = learn_tokenizer(drawn, settings.vocabulary)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    np.save(folder / "train.npy", _tokens(tokenizer, drawn))
    np.save(folder / "held_out.npy", _tokens(tokenizer, measured))
    size = sum(len(document.encode()) for document in measured)
    (folder / _SIZES).write_text(json.dumps({"held_out_bytes": size}) + "\n", encoding="utf-8")


def open_corpus(folder: Path) -> Corpus | None:
    """What `build_corpus` wrote; None where it did not finish."""
    if not (folder / _SIZES).is_file():
        return None
    sizes = json.loads((folder / _SIZES).read_text(encoding="utf-8"))
    arrays = [np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("train", "held_out")]
    return Corpus(arrays[0], arrays[1], sizes["held_out_bytes"])


def _tokens(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> NDArray[np.uint16]:
    end = tokenizer.eos_token_id
    found = [number for ids in tokenizer(list(texts))["input_ids"] for number in (*ids, end)]
    return np.array(found, np.uint16)
