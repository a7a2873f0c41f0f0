from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, BertConfig, BertLMHeadModel

from polyvox.errors import PolyvoxError
from polyvox.modules.bottleneck import Bottleneck, open_bottleneck
from polyvox.modules.encoder_decoder import EncoderDecoder
from polyvox.modules.language_model_pair import BidirectionalReader, LanguageModelPair
from polyvox.modules.space import open_space
from polyvox.train.sonar.checkpoints import open_checkpoint
from polyvox.train.sonar.network import add_languages, make_bottleneck
from polyvox.train.sonar.sections import Model, Text
from polyvox.train.sonar.text_stages import freeze_all_but_decoder

from .tiny_language_model import save_qwen3
from .tiny_llama import save_tiny_llama
from .tiny_nllb import save_tiny_nllb

TEXTS = ["the tree is green", "l'arbre est vert", "two red houses"]
TEXT = Text(("en", "fr"), {"none": 1.0}, longest=24)


def _llama(folder: Path) -> None:
    save_tiny_llama(folder, TEXTS)


def _qwen3(folder: Path) -> None:
    save_qwen3(folder)


def _untied(folder: Path) -> None:
    save_qwen3(folder, tied=False)


FORMS: dict[str, Callable[[Path], None]] = {"llama": _llama, "qwen3": _qwen3, "untied": _untied}


@pytest.fixture(scope="module", params=FORMS)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    FORMS[request.param](folder)
    return folder


@pytest.fixture
def model(checkpoint: Path) -> Bottleneck:
    return make_bottleneck(Model(start=str(checkpoint)), TEXT, TEXT.languages, [], 1).eval()


def _vectors(model: Bottleneck, texts: list[str], language: str = "fr") -> torch.Tensor:
    tags = [model.tag_of(language)] * len(texts)
    with torch.no_grad():
        return model.vectors(*model.read_by_encoder(model.tokens(texts), tags))


def _is_encoder_decoder(network: object) -> bool:
    return isinstance(network, EncoderDecoder)


def test_both_halves_begin_as_the_language_model(model: Bottleneck, checkpoint: Path) -> None:
    whole: Any = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    pair = model.network
    assert _is_encoder_decoder(pair)
    for half in (pair.encoder.model, pair.decoder.model.base_model):
        mine = dict(half.named_parameters())
        for name, weight in whole.base_model.named_parameters():
            assert torch.equal(mine[name][: len(weight)], weight), name
    assert pair.encoder.model.get_input_embeddings() is pair.get_input_embeddings()
    assert pair.dtype is torch.float32


def test_the_encoder_reads_to_both_sides_and_the_decoder_only_back(model: Bottleneck) -> None:
    numbers, mask = torch.tensor([[5, 6, 7, 8], [5, 6, 7, 9]]), torch.ones(2, 4)
    read = model.network.get_encoder()(numbers, mask).last_hidden_state
    assert (read[0, 0] - read[1, 0]).abs().max() > 1e-3
    said = model.network.get_decoder()(numbers, mask, torch.ones(2, 1, read.shape[-1])).last_hidden_state
    assert torch.allclose(said[0, :3], said[1, :3], atol=1e-6)
    assert (said[0, 3] - said[1, 3]).abs().max() > 1e-3


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_text_alone_has_the_vector_that_it_has_in_any_batch(model: Bottleneck, attention: str) -> None:
    model.network.encoder.model.set_attn_implementation(attention)
    together = _vectors(model, ["un", " ".join(TEXTS)])
    assert torch.allclose(together[0], _vectors(model, ["un"])[0], atol=1e-6)
    assert torch.allclose(together[1], _vectors(model, [" ".join(TEXTS)])[0], atol=1e-6)


def test_eager_and_fused_attention_agree_and_bfloat16_too(model: Bottleneck) -> None:
    fused = _vectors(model, TEXTS)
    with torch.autocast("cpu", torch.bfloat16):
        half = _vectors(model, TEXTS)
    model.network.encoder.model.set_attn_implementation("eager")
    assert torch.allclose(_vectors(model, TEXTS), fused, atol=1e-5)
    assert half.dtype is torch.float32
    assert torch.allclose(half, fused, atol=0.05)


def test_the_loss_of_a_text_does_not_depend_on_padding(model: Bottleneck) -> None:
    vectors, tokens = _vectors(model, TEXTS[:2]), model.tokens(["two", " ".join(TEXTS)])
    tags = [model.tag_of("en")] * 2
    each = [model.loss(vectors[n : n + 1], tokens[n : n + 1], tags[:1]).item() for n in (0, 1)]
    expected = np.average(each, weights=[len(ids) + 1 for ids in tokens])
    assert model.loss(vectors, tokens, tags).item() == pytest.approx(expected, rel=1e-5)


def test_writing_is_the_likeliest_text_of_the_loss(model: Bottleneck) -> None:
    """Greedy decoding by the library goes on from the same vector and tag as the loss."""
    vectors = _vectors(model, TEXTS[:2])
    memory = (vectors * vectors.shape[-1] ** 0.5).unsqueeze(1)
    wanted = []
    for row in range(2):
        ids = [0, model.tag_of("en")]
        for _ in range(5):
            numbers = torch.tensor([ids])
            states = model.network.get_decoder()(numbers, torch.ones_like(numbers), memory[row : row + 1])
            ids.append(int(model.network.lm_head(states.last_hidden_state[0, -1]).argmax()))
            if ids[-1] == model.network.config.eos_token_id:
                break
        wanted.append(model.tokenizer.decode(ids[1:], skip_special_tokens=True).strip())
    assert model.write(vectors, "en", longest=6) == wanted
    assert len(model.write(vectors, "en", longest=6, beams=2)) == 2


def test_the_text_depends_on_vector_and_language(model: Bottleneck) -> None:
    vectors, tokens = _vectors(model, TEXTS[:2]), model.tokens(TEXTS[:1])
    tags = model.tag_of("en"), model.tag_of("fr")
    losses = {model.loss(vectors[n : n + 1], tokens, [tag]).item() for n in (0, 1) for tag in tags}
    assert len(losses) == 4


def test_tags_and_a_mask_become_tokens_of_one_table(model: Bottleneck, checkpoint: Path) -> None:
    tokenizer, network = model.tokenizer, model.network
    assert tokenizer.convert_ids_to_tokens([model.tag_of("fr"), tokenizer.mask_token_id]) == [
        "__fr__",
        "<mask>",
    ]
    size = len(network.get_input_embeddings().weight)
    assert size >= len(tokenizer)
    assert network.lm_head.weight.shape[0] == size
    tied = network.lm_head.weight is network.get_input_embeddings().weight
    assert tied is (checkpoint.name.split("0")[0] != "untied")
    names = [name for name, _ in network.named_parameters() if "embed_tokens" in name]
    assert names == ["encoder.model.embed_tokens.weight"]


def test_it_saves_and_loads_as_a_sentence_transformer(model: Bottleneck, tmp_path: Path) -> None:
    whole = SentenceTransformer(modules=[model], prompts={"fr": "fr"}, device="cpu")
    whole.save(str(tmp_path / "m"), create_model_card=False)
    suffixes = {path.suffix for path in (tmp_path / "m").rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors", ".jinja", ".md"}
    again: Any = open_space(tmp_path / "m")
    expected = whole.encode(TEXTS, prompt_name="fr")
    assert np.allclose(again.encode(TEXTS, prompt_name="fr"), expected, atol=1e-6)
    vectors = torch.from_numpy(expected)
    assert again[0].write(vectors, "en", longest=5) == model.write(vectors, "en", longest=5)
    other = dict(again[0].network.named_parameters())
    assert all(torch.equal(weight, other[name]) for name, weight in model.network.named_parameters())
    assert again[0].network.encoder.model.get_input_embeddings() is again[0].network.get_input_embeddings()


def test_another_form_is_opened_as_it_was(tmp_path: Path) -> None:
    nllb = save_tiny_nllb(tmp_path / "nllb", TEXTS * 20)
    text = Text(("en", "fr"), {"none": 1.0}, tags={"en": "eng_Latn", "fr": "fra_Latn"})
    made = make_bottleneck(Model(start=str(nllb)), text, text.languages, [], 1)
    made.save(str(tmp_path))
    assert not isinstance(open_bottleneck(tmp_path).network, LanguageModelPair)
    assert _is_encoder_decoder(made.network)


def test_weights_of_another_size_are_refused(model: Bottleneck, tmp_path: Path) -> None:
    model.save(str(tmp_path))
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8")) | {"intermediate_size": 20}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(PolyvoxError, match="does not fit"):
        open_bottleneck(tmp_path)


def test_a_copy_shares_nothing_with_the_model(model: Bottleneck) -> None:
    other = copy.deepcopy(model)
    table = other.network.get_input_embeddings().weight
    assert other.network.encoder.model.get_input_embeddings().weight is table
    with torch.no_grad():
        table.add_(1.0)
    assert not torch.equal(table, model.network.get_input_embeddings().weight)


def test_the_decoder_stage_leaves_encoder_and_table(model: Bottleneck) -> None:
    freeze_all_but_decoder(model)
    tokens, tags = model.tokens(TEXTS), [model.tag_of("en")] * 3
    with torch.enable_grad():
        vectors = model.vectors(*model.read_by_encoder(tokens, tags))
        model.loss(vectors, tokens, tags).backward()  # type: ignore[no-untyped-call]
    moved = {name for name, weight in model.network.named_parameters() if weight.grad is not None}
    assert {"decoder.entry.weight", "decoder.entry.bias"} < moved
    assert all(name.startswith("decoder.") for name in moved)
    assert model.network.get_input_embeddings().weight.grad is None


def test_a_later_tag_moves_no_old_vector(model: Bottleneck) -> None:
    before = _vectors(model, TEXTS)
    extended = add_languages(model, TEXT, ["es"])
    assert torch.equal(_vectors(extended, TEXTS), before)
    assert torch.allclose(_vectors(extended, TEXTS, "es"), _vectors(extended, TEXTS, "und"), atol=1e-6)


def test_a_gradient_reaches_the_encoder_through_the_decoder(model: Bottleneck) -> None:
    model.train()
    tokens, tags = model.tokens(TEXTS), [model.tag_of("en")] * 3
    model.loss(model.vectors(*model.read_by_encoder(tokens, tags)), tokens, tags).backward()  # type: ignore[no-untyped-call]
    first = next(model.network.encoder.model.layers[0].parameters()).grad
    assert first is not None and first.abs().sum() > 0


def test_what_is_no_causal_language_model_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    from transformers import AutoTokenizer

    sizes: Any = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    BertLMHeadModel(BertConfig(vocab_size=400, eos_token_id=1, **sizes)).save_pretrained(tmp_path)
    tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(PolyvoxError, match="no causal language model"):
        open_checkpoint(str(tmp_path))
    with pytest.raises(PolyvoxError, match="cannot be opened"):
        open_checkpoint(str(tmp_path / "nowhere"))


def test_a_checkpoint_that_ignores_the_mask_is_refused(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def causal(self: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:  # noqa: ANN401
        return self.model(input_ids=input_ids, attention_mask=attention_mask)

    monkeypatch.setattr(BidirectionalReader, "forward", causal)
    with pytest.raises(PolyvoxError, match="no causal language model"):
        open_checkpoint(str(checkpoint))
