"""The text stage: a small multilingual Matryoshka text model, trained on parallel text and from a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.encode import Encoder, load_encoder
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.fusion.corpus import Corpus, read_corpus
from polyvox.train.fusion.schedule import set_rate
from polyvox.train.fusion.sections import Small
from polyvox.train.fusion.text_model import learn_tokenizer, lend_vectors, save_text_model, small_transformer
from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.cosine import cosine_distance
from polyvox.train.losses.matryoshka import matryoshka
from polyvox.train.progress import Progress

_SAVE_EVERY = 200
_CHUNK = 8
"""So many batches are drawn at once and sorted by length, so that little is padding."""


def train_text(small: Small, dimensions: tuple[int, ...], data: Path, out: Path, seed: int) -> Path:
    """Train the text model, or go on where a killed run stopped.

    Args:
        small: what is trained.
        dimensions: Matryoshka widths of the loss.
        data: folder that holds `text`.
        out: gets `text-model`, a sentence-transformers model, and a checkpoint.
        seed: of every draw.

    Returns:
        The folder of the finished model.

    Raises:
        PolyvoxError: a source is missing or empty.
    """
    folder = out / "text-model"
    if folder.is_dir():
        return folder
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    corpus = read_corpus(small, data)
    tokenizer = _tokenizer(corpus, small, out)
    teacher = load_encoder(small.teacher)
    transformer = small_transformer(small, tokenizer)
    lend_vectors(transformer, tokenizer, teacher)
    _learn(transformer, tokenizer, corpus, teacher, small, dimensions, out, seed)
    save_text_model(transformer.eval(), tokenizer, folder)
    return folder


def _tokenizer(corpus: Corpus, small: Small, out: Path) -> Any:  # noqa: ANN401 - transformers has no types
    from transformers import PreTrainedTokenizerFast

    folder = out / "tokenizer"
    if not folder.is_dir():
        partial = out / "tokenizer.partial"
        learn_tokenizer(corpus.texts(), small.vocabulary).save_pretrained(partial)
        partial.replace(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def _learn(
    transformer: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    corpus: Corpus,
    teacher: Encoder,
    small: Small,
    dimensions: tuple[int, ...],
    out: Path,
    seed: int,
) -> None:
    optimizer = torch.optim.AdamW(transformer.parameters(), lr=small.rate, weight_decay=0.01)
    path = out / "text-checkpoint.safetensors"
    first = load_checkpoint(path, transformer, optimizer)
    progress = Progress("text stage", small.steps, done=first)
    for step in range(first, small.steps):
        pairs = _batch(corpus, small, step, seed)
        loss = _loss(transformer, tokenizer, pairs, teacher, small, dimensions)
        set_rate(optimizer, small.rate, step, small.steps, small.warmup)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(transformer.parameters(), 1.0)
        optimizer.step()
        progress.advance(1, f"loss {loss.item():.3f}")
        if (step + 1) % _SAVE_EVERY == 0:
            save_checkpoint(path, transformer, optimizer, step + 1)


def _batch(corpus: Corpus, small: Small, step: int, seed: int) -> list[tuple[str, str]]:
    chunk, place = divmod(step, _CHUNK)
    pairs = corpus.draw(small.batch * _CHUNK, seed * 1_000_003 + chunk)
    pairs.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
    return pairs[place * small.batch : (place + 1) * small.batch]


def _loss(
    transformer: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    pairs: list[tuple[str, str]],
    teacher: Encoder,
    small: Small,
    dimensions: tuple[int, ...],
) -> Tensor:
    """Symmetric InfoNCE at every width, and the cosine distance to the teacher's vectors."""
    texts = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
    vectors = end_vectors(transformer, tokenizer, texts, small.longest)
    wanted = torch.from_numpy(teacher.encode_text(texts))
    count = len(pairs)
    alike = wanted[:count] @ wanted[count:].T > 0.999

    def at_width(left: Tensor, right: Tensor) -> Tensor:
        return symmetric_contrastive(left, right, scale=small.scale, same=alike)

    loss = matryoshka(at_width, vectors[:count], vectors[count:], dimensions)
    if small.distil and wanted.shape[1] == vectors.shape[1]:
        loss = loss + small.distil * matryoshka(cosine_distance, vectors, wanted, dimensions)
    return loss


def end_vectors(transformer: Any, tokenizer: Any, texts: list[str], longest: int) -> Tensor:  # noqa: ANN401
    """The last hidden state at the end token of each text, (N, width), of unit length."""
    read = tokenizer(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
    mask = read["attention_mask"]
    states = transformer(input_ids=read["input_ids"], attention_mask=mask).last_hidden_state
    ends = mask.sum(1) - 1
    return F.normalize(states[torch.arange(len(texts)), ends], dim=-1)
