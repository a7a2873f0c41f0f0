from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import M2M100ForConditionalGeneration

from polyvox.encode import load_encoder
from polyvox.errors import PolyvoxError
from polyvox.modules.bottleneck import Bottleneck
from polyvox.modules.space import is_space, open_space
from polyvox.train.sonar.network import make_bottleneck
from polyvox.train.sonar.sections import Model, Text

from .tiny_nllb import save_tiny_nllb

TEXTS = ["the tree is green", "l'arbre est vert", "two red houses"] * 20


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_nllb(tmp_path_factory.mktemp("nllb"), TEXTS)


@pytest.fixture(scope="module")
def model(nllb: Path) -> Bottleneck:
    text = Text(("en", "fr", "xx"), {"none": 1.0}, tags={"en": "eng_Latn", "fr": "fra_Latn"})
    return make_bottleneck(Model(start=str(nllb)), text, text.languages, [], 1).eval()


def test_nllb_keeps_its_language_tokens_and_gets_those_that_it_lacks(model: Bottleneck, nllb: Path) -> None:
    vocabulary = model.tokenizer.get_vocab()
    assert model.tag_of("fr") == vocabulary["fra_Latn"]
    assert model.tokenizer.convert_ids_to_tokens([model.tag_of("xx"), model.tag_of("zz")]) == [
        "__xx__",
        "__und__",
    ]
    before: Any = M2M100ForConditionalGeneration.from_pretrained(nllb).get_input_embeddings().weight
    after: Any = model.network.get_input_embeddings().weight
    assert torch.equal(before[: len(vocabulary) - 2], after[: len(vocabulary) - 2])


def test_a_text_starts_with_its_tag_and_ends_with_the_end(model: Bottleneck) -> None:
    numbers, mask = model.read_by_encoder(model.tokens(["tree", "two red houses"]), [5, 6])
    assert numbers[:, 0].tolist() == [5, 6]
    assert (numbers * mask).max(1).values.min() > 0
    ends = numbers[torch.arange(2), mask.sum(1) - 1]
    assert ends.tolist() == [model.network.config.eos_token_id] * 2


def test_it_saves_and_loads_as_a_sentence_transformer(model: Bottleneck, tmp_path: Path) -> None:
    whole = SentenceTransformer(modules=[model], prompts={"fr": "fr"}, device="cpu")
    whole.save(str(tmp_path / "m"), create_model_card=False)
    assert is_space(tmp_path / "m")
    again: Any = open_space(tmp_path / "m")
    expected = whole.encode(TEXTS[:3], prompt_name="fr")
    assert np.allclose(again.encode(TEXTS[:3], prompt_name="fr"), expected, atol=1e-6)
    encoder = load_encoder(str(tmp_path / "m"))
    assert encoder.card.dimension == 16
    assert np.allclose(encoder.encode_text(TEXTS[:2]), whole.encode(TEXTS[:2]), atol=1e-5)
    vectors = torch.from_numpy(expected)
    assert again[0].write(vectors, "en", longest=5) == model.write(vectors, "en", longest=5)


def test_no_gradient_is_lost_between_decoder_and_encoder(model: Bottleneck) -> None:
    numbers, mask = model.read_by_encoder(model.tokens(TEXTS[1:2]), [model.tag_of("fr")])
    model.loss(model.vectors(numbers, mask), model.tokens(TEXTS[:1]), [model.tag_of("en")]).backward()  # type: ignore[no-untyped-call]
    layer = model.network.get_encoder().layers[0].fc1.weight
    assert layer.grad is not None and layer.grad.abs().sum() > 0
    model.zero_grad()


def test_a_folder_without_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="no bottleneck"):
        Bottleneck.load(str(tmp_path), local_files_only=True)


def test_tags_must_be_tokens(model: Bottleneck) -> None:
    with pytest.raises(PolyvoxError, match="'__no__' is no token"):
        Bottleneck(model.network, model.tokenizer, {"und": "__und__", "no": "__no__"})
    with pytest.raises(PolyvoxError, match="und"):
        Bottleneck(model.network, model.tokenizer, {"en": "eng_Latn"})
