"""The tower before training: a language model with units in its vocabulary, pooled and normalised."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import nn

from polyvox.modules.extended_vocabulary import extend_vocabulary
from polyvox.modules.prefixes import Prefixes
from polyvox.modules.spoken_transformer import SpokenTransformer
from polyvox.modules.unit_text import unit_token
from polyvox.modules.units import Units
from polyvox.train.dual_encoder.dual_section import Dual, Start

_AT_ONCE = 64


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
    folder: Path,
    speech: Units | None,
    prefixes: Prefixes,
    max_seconds: float,
    dual: Dual,
    sample: Sequence[str] = (),
) -> SentenceTransformer:
    """The tower as a sentence-transformers model.

    Args:
        folder: what `write_start` wrote.
        speech: hears; None where recordings come as written units.
        prefixes: what stands before an input.
        max_seconds: what comes later in a recording is not heard.
        dual: pooling, and what is frozen.
        sample: inputs, written, whose vectors are whitened at the start: states of a language model have
            nearly one direction, and contrast would make them one altogether before it tells them apart.
    """
    reader = SpokenTransformer.made_of(folder, speech, prefixes, max_seconds)
    pooling = Pooling(reader.get_embedding_dimension(), pooling_mode=str(dual.pooling))
    modules: list[Any] = [reader, pooling]
    if sample:
        modules.append(_whitening(reader, pooling, sample))
    tower = SentenceTransformer(modules=[*modules, Normalize()])
    if dual.units_only:
        tower.requires_grad_(False)
        reader.model.get_input_embeddings().weight.requires_grad_(True)
    return tower


def _whitening(reader: SpokenTransformer, pooling: Pooling, sample: Sequence[str]) -> Dense:
    """The linear map, still to be trained, that gives vectors of the sample mean 0 and covariance 1.

    Su et al. 2021, arXiv 2103.15316; small variances are raised to a hundredth of the mean one.
    """
    order = sorted(sample, key=len)
    vectors = []
    with torch.no_grad():
        for start in range(0, len(order), _AT_ONCE):
            tokens = reader.tokens(order[start : start + _AT_ONCE])
            vectors.append(pooling(reader(tokens))["sentence_embedding"])
    found = torch.cat(vectors).double()
    mean = found.mean(0)
    sizes, directions = torch.linalg.eigh((found - mean).T @ (found - mean) / len(found))
    root = sizes.clamp(min=float(sizes.mean()) / 100).rsqrt()
    weight = (directions * root) @ directions.T
    width = len(mean)
    return Dense(
        width,
        width,
        activation_function=nn.Identity(),
        init_weight=weight.float(),
        init_bias=-(weight @ mean).float(),
    )
