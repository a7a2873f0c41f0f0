"""The frozen teacher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.train.tower.teacher import Teacher  # noqa: E402


@pytest.fixture(params=["cpu", "cuda"])
def autocast_on(request: pytest.FixtureRequest) -> Iterator[str]:
    """Switched on without a GPU too: only the switch is looked at."""
    torch.set_autocast_enabled(request.param, True)
    yield request.param
    torch.set_autocast_enabled(request.param, False)


def test_an_autocast_around_it_does_not_reach_it(autocast_on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder("default")
    seen = []

    class Watched:
        card = encoder.card

        def encode_text(self, texts: Sequence[str]) -> np.ndarray:
            seen.append(torch.is_autocast_enabled(autocast_on))
            return encoder.encode_text(texts)

    monkeypatch.setattr("polyvox.train.tower.teacher.load_encoder", lambda _: Watched())
    assert Teacher("default")(["rain", ""]).dtype == torch.float32
    assert seen == [False]
    assert torch.is_autocast_enabled(autocast_on)
