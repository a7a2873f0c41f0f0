"""New tokens for a language model that has been trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from polyvox.errors import PolyvoxError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def extend_vocabulary(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, tokens: Sequence[str], *, seed: int = 0
) -> list[int]:
    """Add tokens to a tokenizer, and rows to a model's embeddings, in place: (t, m) becomes (t + a, m).

    The new rows are drawn from the normal distribution with the mean and the covariance of the rows of the
    old tokens (Hewitt 2021), so they differ from each other and look like tokens. transformers'
    `resize_token_embeddings` draws with a billionth of the covariance, and leaves alone the spare rows that
    models such as Qwen3 have beyond their tokenizer; here the spare rows are used first, and drawn too. Tied
    embeddings stay tied; an untied output layer gets rows in the same way.

    Args:
        model: any transformers model with token embeddings, such as Qwen3.
        tokenizer: the model's.
        tokens: each is never cut into pieces.
        seed: of the draws.

    Returns:
        The numbers of the new tokens, in their order.

    Raises:
        PolyvoxError: a token is there already, or twice.
    """
    known = len(tokenizer)
    vocabulary = tokenizer.get_vocab()
    if there := [token for token in tokens if token in vocabulary]:
        raise PolyvoxError(f"{there[0]!r} is in the vocabulary already; was it extended before?")
    if len(set(tokens)) < len(tokens):
        raise PolyvoxError("the new tokens are not all different")
    tokenizer.add_tokens(list(tokens), special_tokens=True)
    inner = model.get_input_embeddings()
    model.resize_token_embeddings(max(len(tokenizer), len(inner.weight)), mean_resizing=False)  # type: ignore[arg-type]
    chance = torch.Generator().manual_seed(seed)
    added = slice(known, known + len(tokens))
    with torch.no_grad():
        for rows in _embeddings(model):
            rows[added] = _alike(rows[:known], len(tokens), chance)
    return list(range(added.start, added.stop))


def _embeddings(model: Any) -> list[Tensor]:  # noqa: ANN401 - a transformers model
    """The input embeddings, and the output layer's where they are not the same."""
    layers = (model.get_input_embeddings(), model.get_output_embeddings())
    weights: list[Tensor] = [layer.weight for layer in layers if layer is not None]
    return list({rows.data_ptr(): rows for rows in weights}.values())


def _alike(rows: Tensor, count: int, chance: torch.Generator) -> Tensor:
    """`count` draws from the normal distribution that has the rows' mean and covariance."""
    exact = rows.double()
    mean = exact.mean(0)
    spread = (exact - mean).T @ (exact - mean) / len(exact)
    sizes, directions = torch.linalg.eigh(spread)
    root = directions * sizes.clamp(min=0).sqrt()
    drawn = torch.randn(count, len(mean), generator=chance, dtype=torch.float64).to(exact.device)
    alike: Tensor = mean + drawn @ root.T
    return alike.to(rows.dtype)
