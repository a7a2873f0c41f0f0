"""Next-token prediction: a small Qwen3 that reads text of many languages, saved as transformers saves it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.dual_encoder.corpus import Corpus
from polyvox.train.dual_encoder.language_section import LanguageModel
from polyvox.train.order_file import write_json
from polyvox.train.progress import Progress

_HEAD_WIDTH = 64
_CHECKPOINT = "state.safetensors"
PERPLEXITY = "perplexity.json"


def small_qwen3(settings: LanguageModel, vocabulary: int) -> Any:  # noqa: ANN401 - a transformers model
    """A Qwen3 with random weights in the shape that the section names; embeddings are tied."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    heads = settings.width // _HEAD_WIDTH
    torch.manual_seed(settings.seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=settings.width,
            intermediate_size=3 * settings.width,
            num_hidden_layers=settings.layers,
            num_attention_heads=heads,
            num_key_value_heads=max(1, heads // 2),
            head_dim=_HEAD_WIDTH,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=0,
            pad_token_id=0,
        )
    )


def train_language_model(settings: LanguageModel, corpus: Corpus, vocabulary: int, out: Path) -> None:
    """Train, or go on from the last checkpoint, and save the model and its perplexity into `out`."""
    model = small_qwen3(settings, vocabulary)
    optimizer = torch.optim.AdamW(
        model.parameters(), settings.learning_rate, betas=(0.9, 0.95), weight_decay=0.05
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, settings.steps))
    out.mkdir(parents=True, exist_ok=True)
    done = load_checkpoint(out / _CHECKPOINT, model.model, optimizer)
    schedule.last_epoch = done
    for group, base in zip(optimizer.param_groups, schedule.base_lrs, strict=True):
        group["lr"] = base * _rate(done, settings.steps)
    progress = Progress("language model", settings.steps, done=done, interval=20)
    for step, batch in enumerate(_batches(corpus.train, settings, done), done + 1):
        loss = next_token_loss(model, batch, bf16=settings.bf16)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        progress.advance(note=f"loss {loss.item():.3f}")
        if step % settings.save_every == 0:
            save_checkpoint(out / _CHECKPOINT, model.model, optimizer, step)
    # The perplexity says that all is there, so it comes last.
    model.save_pretrained(out)
    _write_perplexity(model, corpus, settings, out)
    (out / _CHECKPOINT).unlink(missing_ok=True)


def next_token_loss(model: Any, batch: Tensor, *, bf16: bool) -> Tensor:  # noqa: ANN401
    """Mean cross entropy of each next token of (B, L) token numbers; a float32 scalar."""
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=bf16):
        odds: Tensor = model(input_ids=batch[:, :-1]).logits
    return F.cross_entropy(odds.flatten(0, 1).float(), batch[:, 1:].flatten())


def perplexity(model: Any, tokens: NDArray[np.uint16], size: int, length: int) -> dict[str, float]:  # noqa: ANN401
    """Perplexity a token, and bits a byte, which compares vocabularies.

    Args:
        model: predicts.
        tokens: one document after the other.
        size: bytes of the documents in UTF-8.
        length: tokens that the model sees at once.
    """
    whole = tokens[: len(tokens) // length * length].astype(np.int64).reshape(-1, length)
    parts = [torch.from_numpy(whole[start : start + 16]) for start in range(0, len(whole), 16)]
    with torch.no_grad():
        losses = [next_token_loss(model, rows, bf16=False).item() * len(rows) for rows in parts]
    mean = sum(losses) / len(whole)
    return {"perplexity": math.exp(mean), "bits_per_byte": mean / math.log(2) * len(tokens) / size}


def _write_perplexity(model: Any, corpus: Corpus, settings: LanguageModel, out: Path) -> None:  # noqa: ANN401
    model.eval()
    found = perplexity(model, corpus.held_out, corpus.held_out_bytes, settings.length)
    found |= {"tokens_read": float(settings.steps * settings.batch * settings.length)}
    write_json(out / PERPLEXITY, found)


def _rate(step: int, steps: int) -> float:
    warmup = max(1, steps // 20)
    if step < warmup:
        return (step + 1) / warmup
    return 0.05 + 0.95 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) / 2


def _batches(tokens: NDArray[np.uint16], settings: LanguageModel, done: int) -> Iterator[Tensor]:
    """Batches (B, L), in an order of which each pass over the tokens has its own."""
    width = settings.length
    rows = tokens[: len(tokens) // width * width].reshape(-1, width)
    needed = settings.steps * settings.batch
    passes = [
        np.random.default_rng([settings.seed, number]).permutation(len(rows))
        for number in range(math.ceil(needed / len(rows)))
    ]
    order = np.concatenate(passes)[:needed].reshape(settings.steps, settings.batch)
    for chosen in order[done:]:
        yield torch.from_numpy(rows[chosen].astype(np.int64))
