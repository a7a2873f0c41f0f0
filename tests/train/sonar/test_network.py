from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.modules.tiny_labse import save_tiny_labse
from transformers import AutoTokenizer, BertModel

from polyvox.encode import load_encoder
from polyvox.errors import PolyvoxError
from polyvox.train.sonar.checkpoints import open_checkpoint
from polyvox.train.sonar.network import make_bottleneck
from polyvox.train.sonar.sections import Model, Text

from .tiny import sentence

TEXT = Text(("en", "fr"), {"tiny": 1.0}, longest=12)


@pytest.fixture(scope="module")
def labse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_labse(tmp_path_factory.mktemp("labse"))


def test_labse_is_read_as_published(labse: Path) -> None:
    """Normalised tanh of a dense layer over the first state of BERT."""
    from safetensors.torch import load_file

    ids = AutoTokenizer.from_pretrained(labse)("deux arbre", return_tensors="pt")
    dense = load_file(labse / "2_Dense" / "model.safetensors")
    with torch.no_grad():
        first = BertModel.from_pretrained(labse)(**ids).last_hidden_state[:, 0]
    made = torch.tanh(first @ dense["linear.weight"].T + dense["linear.bias"])
    expected = torch.nn.functional.normalize(made, dim=-1)
    found = torch.from_numpy(load_encoder(str(labse)).encode_text(["deux arbre"]))
    assert torch.allclose(found, expected, atol=1e-5)


def test_subwords_begin_as_the_vectors_of_labse(labse: Path) -> None:
    texts = [sentence(language, number) for language in ("en", "fr") for number in range(300)]
    sizes = Model(vocabulary=320, width=32, heads=2, inner=16, lend=str(labse))
    model = make_bottleneck(sizes, TEXT, ("en", "fr"), texts, 1)
    tokens = model.tokens(["tree arbre"])[0]
    rows = model.network.get_input_embeddings().weight[tokens].detach()
    spelled = [model.tokenizer.decode([token]).strip() for token in tokens]
    assert all(spelled)
    wanted = torch.from_numpy(load_encoder(str(labse)).encode_text(spelled))
    assert torch.allclose(torch.cosine_similarity(rows, wanted), torch.ones(len(rows)), atol=1e-5)


def test_a_model_without_decoder_is_no_start(labse: Path) -> None:
    with pytest.raises(PolyvoxError, match="no causal language model"):
        open_checkpoint(str(labse))
