"""The encoder–decoder before any stage: a small one with its own subwords, or one from the hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from polyvox.encode import load_encoder
from polyvox.item import UNKNOWN_LANGUAGE
from polyvox.modules.bottleneck import Bottleneck
from polyvox.train.sonar.sections import Model, Text

START, PAD, END, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
_SPECIAL = (START, PAD, END, UNKNOWN, MASK)


def tag_tokens(text: Text, languages: Sequence[str]) -> dict[str, str]:
    """The token of each language and of `und`.

    >>> tag_tokens(Text(("en", "fr"), {"x": 1.0}, tags={"fr": "fra_Latn"}), ("en", "fr"))
    {'en': '__en__', 'fr': 'fra_Latn', 'und': '__und__'}
    """
    return {tag: text.tags.get(tag, text.tag.format(tag)) for tag in (*languages, UNKNOWN_LANGUAGE)}


def make_bottleneck(
    model: Model, text: Text, languages: Sequence[str], texts: Iterable[str], seed: int
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
    if model.lend:
        lend_vectors(network, tokenizer, model.lend)
    return Bottleneck(network, tokenizer, tags, text.longest)


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
    """Give each subword an encoder's vector of its spelling, cut to the width, as its first value."""
    table = network.get_input_embeddings().weight
    spelled = [tokenizer.decode([number]).strip() for number in range(len(tokenizer))]
    special = set(tokenizer.all_special_tokens)
    known = [bool(text) and "\ufffd" not in text and text not in special for text in spelled]
    vectors = torch.from_numpy(load_encoder(name).encode_text([text or " " for text in spelled]))
    width = min(table.shape[1], vectors.shape[1])
    with torch.no_grad():
        for number, wanted in enumerate(known):
            if wanted:
                table[number, :width] = vectors[number, :width]


def _from_checkpoint(name: str, tags: Mapping[str, str], longest: int) -> Bottleneck:
    """An encoder–decoder of the hub; a tag that it does not know is added to its vocabulary."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(name)
    network: Any = AutoModelForSeq2SeqLM.from_pretrained(name)
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
