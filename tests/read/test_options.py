from __future__ import annotations

import pytest

from polyvox.read import ReadOptions


def test_language_is_normalised() -> None:
    assert ReadOptions(language="pt_br").language == "pt-BR"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"language": "no such tag!"}, "BCP 47"),
        ({"encoding": "utf-9"}, "unknown encoding"),
        ({"encoding": "base64"}, "unknown encoding"),
        ({"max_passage_chars": 3}, "at least 20"),
        ({"max_segment_seconds": float("nan")}, "at least 1"),
    ],
)
def test_nonsense_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReadOptions(**given)  # type: ignore[arg-type]
