"""A tiny LaBSE with random weights, in the format of the hub: BERT, first token, dense layer, norm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyzéèàâ0123456789"
WORDS = ("un", "deux", "trois", "chat", "chien", "maison", "one", "two", "tree", "arbre")
MODULES = ("Transformer", "Pooling", "Dense", "Normalize")
POOLING = {"word_embedding_dimension": 32, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
DENSE = {"in_features": 32, "out_features": 32, "bias": True}
TANH = {"activation_function": "torch.nn.modules.activation.Tanh"}


def save_tiny_labse(folder: Path) -> Path:
    """Save two layers of width 32, with a vocabulary of letters and a few words."""
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    torch.manual_seed(4)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = [*pieces, *WORDS]
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=128,
    )
    model: Any = BertModel(config)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in vocabulary), encoding="utf-8")
    _write(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": False})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 64, "do_lower_case": False})
    _write(folder / "config_sentence_transformers.json", {"__version__": {"sentence_transformers": "2.0.0"}})
    _write(folder / "modules.json", [_module(number, kind) for number, kind in enumerate(MODULES)])
    _write(folder / "1_Pooling" / "config.json", POOLING)
    _write(folder / "2_Dense" / "config.json", DENSE | TANH)
    dense = {"linear.weight": torch.randn(32, 32) / 4, "linear.bias": torch.randn(32) / 4}
    save_file(dense, folder / "2_Dense" / "model.safetensors")
    return folder


def _module(number: int, kind: str) -> dict[str, Any]:
    path = f"{number}_{kind}" if number else ""
    return {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}


def _write(path: Path, said: Any) -> None:  # noqa: ANN401
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said), encoding="utf-8")
