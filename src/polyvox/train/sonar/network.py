"""The encoder–decoder before any stage: a small one with its own subwords, or one from the hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from polyvox.encode import load_encoder
from polyvox.encode.light import LightEncoder
from polyvox.encode.protocol import Encoder, Vectors
from polyvox.item import UNKNOWN_LANGUAGE
from polyvox.modules.bottleneck import Bottleneck
from polyvox.train.sonar.checkpoints import open_checkpoint
from polyvox.train.sonar.sections import Model, Text

START, PAD, END, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
_LENT_LENGTH = 1.2
"""Mean length of a lent vector. The vectors of positions count as one of 0.7."""
_TO_CENTRE, _AT_ONCE = 1000, 64
_OTHERS = 0.05
"""Tokens that are nothing spelled begin this much shorter, so that they weigh little."""
_SPECIAL = (START, PAD, END, UNKNOWN, MASK)


def tag_tokens(text: Text, languages: Sequence[str]) -> dict[str, str]:
    """The token of each language and of `und`.

    >>> tag_tokens(Text(("en", "fr"), {"x": 1.0}, tags={"fr": "fra_Latn"}), ("en", "fr"))
    {'en': '__en__', 'fr': 'fra_Latn', 'und': '__und__'}
    """
    return {tag: text.tags.get(tag, text.tag.format(tag)) for tag in (*languages, UNKNOWN_LANGUAGE)}


def make_bottleneck(
    model: Model, text: Text, languages: Sequence[str], texts: Sequence[str], seed: int
) -> Bottleneck:
    """The model that stage 1 begins with.

    Args:
        model: the section.
        text: the section.
        languages: that get a tag.
        texts: to learn subwords from, where there is no model to start from.
        seed: of random weights.

    Raises:
        PolyvoxError: the encoder to lend vectors cannot be opened.
    """
    torch.manual_seed(seed)
    tags = tag_tokens(text, languages)
    if model.start:
        return _from_checkpoint(model.start, tags, text.longest)
    tokenizer = learn_tokenizer(texts, model.vocabulary, list(tags.values()))
    network = small_network(model, tokenizer)
    made = Bottleneck(network, tokenizer, tags, text.longest)
    if model.lend:
        lend_vectors(network, tokenizer, model.lend)
        centre(made, texts[:: max(1, len(texts) // _TO_CENTRE)])
    return made


def learn_tokenizer(texts: Iterable[str], size: int, tags: Sequence[str]) -> Any:  # noqa: ANN401
    """Byte-level subwords with the special tokens of M2M-100 and a token for each tag."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*_SPECIAL, *tags],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    made: Any = PreTrainedTokenizerFast
    return made(
        tokenizer_object=tokenizer,
        bos_token=START,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        mask_token=MASK,
        extra_special_tokens=list(tags),
    )


def small_network(model: Model, tokenizer: Any) -> Any:  # noqa: ANN401 - transformers has no types
    """An M2M-100 of the section's sizes with random weights."""
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    config = M2M100Config(
        vocab_size=len(tokenizer),
        d_model=model.width,
        encoder_layers=model.encoder_layers,
        decoder_layers=model.decoder_layers,
        encoder_attention_heads=model.heads,
        decoder_attention_heads=model.heads,
        encoder_ffn_dim=model.inner,
        decoder_ffn_dim=model.inner,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        dropout=model.dropout,
        attention_dropout=0.0,
        init_std=model.width**-0.5 / 2,
        decoder_start_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return M2M100ForConditionalGeneration(config)


def lend_vectors(network: Any, tokenizer: Any, name: str) -> None:  # noqa: ANN401
    """Let the network begin as an encoder that is a sum of words.

    A subword gets the encoder's vector of its spelling, cut to the width. It keeps its length where the
    encoder tells one, for that is the word's weight, and is long beside the vectors of positions. What the
    encoder's layers add begins at zero, so a text's first vector is about the sum of what was lent.
    """
    table = network.get_input_embeddings().weight
    spelled = [tokenizer.decode([number]).strip() for number in range(len(tokenizer))]
    special = set(tokenizer.all_special_tokens)
    known = [
        place for place, text in enumerate(spelled) if text and "\ufffd" not in text and text not in special
    ]
    lent = torch.from_numpy(_vectors_of(load_encoder(name), [spelled[place] for place in known]))
    lent *= _LENT_LENGTH / lent.norm(dim=1).mean()
    width = min(table.shape[1], lent.shape[1])
    with torch.no_grad():
        table *= _OTHERS
        table[known, :width] = lent[:, :width]
        for layer in network.get_encoder().layers:
            for last in (layer.self_attn.out_proj, layer.fc2):
                last.weight.zero_()
                last.bias.zero_()


@torch.no_grad()
def centre(model: Bottleneck, texts: Sequence[str]) -> None:
    """Take off what the vectors of all texts share, such as the mean of the positions."""
    encoder = model.network.get_encoder().eval()
    tokens = model.tokens(texts)
    sums = torch.zeros(model.get_embedding_dimension())
    for start in range(0, len(tokens), _AT_ONCE):
        some = tokens[start : start + _AT_ONCE]
        numbers, mask = model.read_by_encoder(some, [model.tag_of(UNKNOWN_LANGUAGE)] * len(some))
        sums += model.pooled(numbers, mask).sum(0)
    encoder.layer_norm.bias -= sums / len(tokens)


def _vectors_of(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    if isinstance(encoder, LightEncoder):
        return encoder.weighed_text(texts)
    return encoder.encode_text(texts)


def _from_checkpoint(name: str, tags: Mapping[str, str], longest: int) -> Bottleneck:
    """A network of the hub; a tag that it does not know is added to its vocabulary."""
    network, tokenizer = open_checkpoint(name)
    return _with_tags(network, tokenizer, tags, longest)


def add_languages(model: Bottleneck, text: Text, languages: Sequence[str]) -> Bottleneck:
    """The same model with tags for more languages; a tag that is no token yet starts as that of `und`."""
    known = len(model.tokenizer)
    tags = {**model.tags, **{language: tag_tokens(text, [language])[language] for language in languages}}
    extended = _with_tags(model.network, model.tokenizer, tags, model.longest)
    table = extended.network.get_input_embeddings().weight
    with torch.no_grad():
        table[known:] = table[extended.tag_of(UNKNOWN_LANGUAGE)]
    return extended


def _with_tags(network: Any, tokenizer: Any, tags: Mapping[str, str], longest: int) -> Bottleneck:  # noqa: ANN401
    known = tokenizer.get_vocab()
    if new := [tag for tag in tags.values() if tag not in known]:
        tokenizer.add_tokens(new, special_tokens=True)
        # The table of a checkpoint may be longer than its vocabulary; it never gets shorter here.
        size = max(len(tokenizer), network.get_input_embeddings().weight.shape[0])
        network.resize_token_embeddings(size, mean_resizing=False)
    return Bottleneck(network, tokenizer, tags, longest)
