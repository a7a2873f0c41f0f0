"""The tower before training: a language model with units in its vocabulary, pooled and normalised."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize
from sentence_transformers.sentence_transformer.modules import Pooling

from polyvox.modules.extended_vocabulary import extend_vocabulary
from polyvox.modules.prefixes import Prefixes
from polyvox.modules.spoken_transformer import SpokenTransformer
from polyvox.modules.unit_text import unit_token
from polyvox.modules.units import Units
from polyvox.train.dual_encoder.dual_section import Dual, Start


def write_start(source: str, units: int, dual: Dual, folder: Path) -> None:
    """Write a language model with `units` more tokens, in transformers' format, whole or not at all.

    Args:
        source: folder or name of a causal language model.
        units: how many.
        dual: whether its weights are kept, and the seed of new ones.
        folder: where to.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source)
    if dual.start is Start.RANDOM:
        torch.manual_seed(dual.seed)
        causal: Any = AutoModelForCausalLM
        model: Any = causal.from_config(AutoConfig.from_pretrained(source))
    else:
        model = AutoModelForCausalLM.from_pretrained(source)
    extend_vocabulary(model, tokenizer, [unit_token(unit) for unit in range(units)], seed=dual.seed)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def build_tower(
    folder: Path, speech: Units | None, prefixes: Prefixes, max_seconds: float, dual: Dual
) -> SentenceTransformer:
    """The tower as a sentence-transformers model."""
    reader = SpokenTransformer.made_of(folder, speech, prefixes, max_seconds)
    pooling = Pooling(reader.get_embedding_dimension(), pooling_mode=str(dual.pooling))
    tower = SentenceTransformer(modules=[reader, pooling, Normalize()])
    if dual.units_only:
        tower.requires_grad_(False)
        reader.model.get_input_embeddings().weight.requires_grad_(True)
    return tower
