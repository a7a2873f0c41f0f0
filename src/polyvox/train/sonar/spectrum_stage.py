"""A language model over sentence vectors, on two questions whose answers are known.

Where does the sentence come from (the source of the text), and which of k sentences continues the passage? It
is trained on English vectors only and asked in every language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from polyvox.encode.protocol import Vectors
from polyvox.modules.bottleneck import Bottleneck
from polyvox.modules.sentence_reader import SentenceReader
from polyvox.train.sonar.corpus import Corpus, Row
from polyvox.train.sonar.later_sections import Spectrum
from polyvox.train.sonar.loop import Losses, learn
from polyvox.train.sonar.measure import encode

SOURCE, NEXT = "Where is this from?", "Which comes next?"
_PER_SOURCE = 1500
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions of one kind: sentence vectors, what may be answered, and which answer is right.

    Attributes:
        question: in words.
        choices: in words.
        vectors: (N, S, D).
        right: number of the right choice, (N,).
    """

    question: str
    choices: Sequence[str]
    vectors: Vectors
    right: np.ndarray[Any, np.dtype[np.int64]]


def source_questions(
    model: Bottleneck, sides: Mapping[str, Sequence[Row]], language: str, most: int = _PER_SOURCE
) -> Asked:
    """One sentence each; the choices are the sources, each with as many sentences as the rarest has."""
    names = sorted(sides)
    texts = {
        name: [row.texts[language][-1] for row in sides[name] if language in row.texts] for name in names
    }
    count = min(most, *(len(found) for found in texts.values()))
    chosen = [
        text for name in names for text in texts[name][:: max(1, len(texts[name]) // max(1, count))][:count]
    ]
    right = np.repeat(np.arange(len(names)), count)
    return Asked(SOURCE, names, encode(model, chosen, language)[:, None], right)


def next_questions(
    model: Bottleneck, rows: Sequence[Row], language: str, section: Spectrum, seed: int
) -> Asked:
    """`context` sentences of a passage and k that may follow, one of which does; the others are near by.

    The false ones come from the 40 rows around: the subject of a chapter does not give the answer away.
    """
    there = [row for row in rows if language in row.texts]
    vectors = encode(model, [row.texts[language][-1] for row in there], language)
    dice = np.random.default_rng(seed)
    asked, right = [], []
    for place in range(section.context, len(there)):
        numbers = [there[one].number for one in range(place - section.context, place + 1)]
        near = [
            one
            for one in range(max(0, place - 20), min(len(there), place + 21))
            if not place - section.context <= one <= place
        ]
        if numbers[-1] - numbers[0] != section.context or len(near) < section.choices:
            continue
        offered = [place, *(int(one) for one in dice.choice(near, section.choices - 1, replace=False))]
        order = dice.permutation(section.choices)
        asked.append(vectors[[*range(place - section.context, place), *(offered[one] for one in order)]])
        right.append(int(np.argmin(order)))
    choices = [chr(ord("A") + one) for one in range(section.choices)]
    width = section.context + section.choices
    stacked = np.stack(asked) if asked else np.zeros((0, width, model.get_embedding_dimension()), np.float32)
    return Asked(NEXT, choices, stacked, np.array(right, np.int64))


def new_reader(model: Bottleneck, section: Spectrum, seed: int) -> SentenceReader:
    """A small Qwen3 with random weights over the text model's subwords, or one from the hub."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    if section.start:
        network = AutoModelForCausalLM.from_pretrained(section.start)
        return SentenceReader(
            network, AutoTokenizer.from_pretrained(section.start), model.get_embedding_dimension()
        )
    config = Qwen3Config(
        vocab_size=len(model.tokenizer),
        hidden_size=section.width,
        intermediate_size=3 * section.width,
        num_hidden_layers=section.layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=max(1, section.width // 4),
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=model.network.config.pad_token_id,
        bos_token_id=None,
        eos_token_id=model.network.config.eos_token_id,
    )
    return SentenceReader(Qwen3ForCausalLM(config), model.tokenizer, model.get_embedding_dimension())


def train_reader(
    reader: SentenceReader, lessons: Sequence[Asked], section: Spectrum, folder: Path, seed: int
) -> None:
    """Cross entropy of the right answer's tokens; the questions by turns."""
    answers = [[reader.tokens(choice) for choice in asked.choices] for asked in lessons]

    def losses_at(step: int) -> Losses:
        number = step % len(lessons)
        asked = lessons[number]
        dice = np.random.default_rng([seed, step])
        places = dice.integers(0, len(asked.right), section.pace.batch)
        told = reader(
            *_batch(asked, places),
            reader.tokens(asked.question),
            [answers[number][asked.right[place]] for place in places],
        )
        return {"answer": -told.mean()}

    learn(
        {"network": reader.network, "entry": reader.entry}, section.pace, losses_at, folder, folder.name, seed
    )


def accuracy(reader: SentenceReader, asked: Asked) -> dict[str, float]:
    """Share of questions answered right, beside always the same answer."""
    if not len(asked.right):
        return {}
    chosen: list[int] = []
    for start in range(0, len(asked.right), _AT_ONCE):
        places = np.arange(start, min(start + _AT_ONCE, len(asked.right)))
        chosen += reader.choose(*_batch(asked, places), asked.question, asked.choices)
    constant = float(np.bincount(asked.right).max() / len(asked.right))
    found = float((np.array(chosen) == asked.right).mean())
    return {"accuracy": found, "constant": constant, "questions": float(len(asked.right))}


def spectrum_figures(
    reader: SentenceReader, model: Bottleneck, corpus: Corpus, languages: Sequence[str], section: Spectrum
) -> dict[str, dict[str, dict[str, float]]]:
    """Both questions about held-out text in every language."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for language in languages:
        sides = {
            name: rows
            for name, rows in corpus.held_out.items()
            if sum(language in row.texts for row in rows) >= 20
        }
        asked = source_questions(model, sides, language) if len(sides) > 1 else None
        follow = next_questions(model, corpus.held_out[section.passages], language, section, 1)
        found[language] = {"next": accuracy(reader, follow)}
        if asked is not None:
            found[language]["source"] = accuracy(reader, asked)
    return found


def _batch(asked: Asked, places: np.ndarray[Any, Any]) -> tuple[Tensor, Tensor]:
    vectors = torch.from_numpy(asked.vectors[places])
    return vectors, torch.ones(vectors.shape[:2], dtype=torch.bool)
