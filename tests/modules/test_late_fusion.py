"""Speech through a frozen text model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from tests.modules.tiny_text import save_bert, save_qwen3, text_modules  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.late_fusion import LateFusion, frame_tokens  # noqa: E402
from polyvox.modules.speech_adapter import AdapterSizes, SpeechAdapter  # noqa: E402

FORMATS: dict[str, tuple[Callable[[Path], None], str]] = {
    "qwen3": (save_qwen3, "lasttoken"),
    "bert": (save_bert, "mean"),
}
END, CLS, PROMPT = 2, 3, [4, 7]


@pytest.fixture(scope="module", params=FORMATS)
def text(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    torch.manual_seed(2)
    save, pooling = FORMATS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    save(folder)
    return text_modules(folder, pooling)


def fusion(text: list[Any], prompt: str = "") -> LateFusion:
    torch.manual_seed(0)
    return LateFusion(SpeechAdapter(AdapterSizes(front=6, width=32)), text, prompt)


def batch() -> tuple[Tensor, Tensor]:
    dice = torch.Generator().manual_seed(1)
    return torch.randn(3, 9, 6, generator=dice), torch.arange(9) < torch.tensor([[9], [5], [1]])


@pytest.mark.parametrize("prompt", ["", "un chat"])
def test_a_recording_alone_has_the_vector_that_it_has_in_a_batch(text: list[Any], prompt: str) -> None:
    model = fusion(text, prompt)
    frames, mask = batch()
    together = model(frames, mask)
    assert together.shape == (3, model.dimension) == (3, 32)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, length in enumerate((9, 5, 1)):
        alone = model(frames[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=0)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_speech_that_is_the_vectors_of_a_text_has_the_vector_of_the_text(text: list[Any]) -> None:
    model = fusion(text)
    table = text[0].auto_model.get_input_embeddings()
    states = table(torch.tensor([[4, 7, 9]]))
    model.adapter = _Given(states)  # type: ignore[assignment]
    features = text[0].preprocess(["un chat maison"])
    for module in text:
        features = module(features)
    vector = model(torch.zeros(1, 3, 6), torch.ones(1, 3, dtype=torch.bool))
    torch.testing.assert_close(vector, features["sentence_embedding"], atol=1e-6, rtol=0)


class _Given(nn.Module):
    """Stands for an adapter that found the very vectors of a text's tokens."""

    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return self.states, mask


def test_the_adapter_learns_and_the_text_model_stays_frozen(text: list[Any]) -> None:
    model = fusion(text)
    model.train()
    before = {name: value.clone() for name, value in text[0].state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    (model(*batch()) * torch.randn(32)).sum().backward()
    optimizer.step()
    gradients = [weights.grad for weights in model.adapter.parameters()]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)
    assert all(weights.grad is None for module in text for weights in module.parameters())
    assert all(torch.equal(before[name], value) for name, value in text[0].state_dict().items())
    assert not any(module.training for module in text)
    assert set(model.state_dict()) == {f"adapter.{name}" for name in model.adapter.state_dict()}


def test_saved_and_loaded_into_the_same_text_model(text: list[Any], tmp_path: Path) -> None:
    model = fusion(text, "un chat")
    model.save(tmp_path)
    torch.testing.assert_close(LateFusion.load(tmp_path, text)(*batch()), model(*batch()))


def test_what_stands_around_the_speech(tmp_path: Path) -> None:
    save_qwen3(tmp_path / "qwen3")
    save_bert(tmp_path / "bert")
    causal, both = text_modules(tmp_path / "qwen3", "lasttoken"), text_modules(tmp_path / "bert", "cls")
    assert frame_tokens(causal[0], causal[1:]) == ([], [END])
    assert frame_tokens(causal[0], causal[1:], "un chat") == (PROMPT, [END])
    assert frame_tokens(both[0], both[1:], "un chat") == ([CLS, *PROMPT], [END])
    from tests.modules.tiny_text import tokenizer

    causal[0].tokenizer.backend_tokenizer.post_processor = tokenizer(None).backend_tokenizer.post_processor
    assert frame_tokens(causal[0], causal[1:]) == ([], [END])


def test_widths_that_do_not_fit_and_models_without_token_vectors_are_refused(text: list[Any]) -> None:
    with pytest.raises(PolyvoxError, match="32 values, the adapter's states 16"):
        LateFusion(SpeechAdapter(AdapterSizes(front=6, width=16)), text)
    with pytest.raises(PolyvoxError, match="needs a transformer text model"):
        LateFusion(SpeechAdapter(AdapterSizes(front=6, width=32)), [torch.nn.Identity()])
