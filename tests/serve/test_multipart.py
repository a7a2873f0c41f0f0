"""Forms, read piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.serve import multipart
from polyvox.serve.errors import ApiError
from polyvox.serve.multipart import HEADER_BYTES, _Reader


def test_a_header_of_a_part_has_an_end(tmp_path: Path) -> None:
    reader = _Reader(tmp_path, 1)
    reader._header_field(b"X-Long", 0, 6)
    piece = b"a" * 1_000
    with pytest.raises(ApiError) as refused:
        for _ in range(HEADER_BYTES // len(piece) + 1):
            reader._header_value(piece, 0, len(piece))
    assert refused.value.status_code == 400


def test_the_disk_is_looked_at_over_many_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(multipart, "check_disk", looked.append)
    monkeypatch.setattr(multipart, "_LOOK_EVERY", 25)
    reader = _Reader(tmp_path, 10)
    for _ in range(6):
        reader._begin()
        reader._disposition = b'form-data; name="files"; filename="a.txt"'
        reader._headers_finished()
        reader._data(b"0123456789", 0, 10)
        reader._end()
    reader.clean_up()
    assert len(looked) == 2
    assert not list(tmp_path.iterdir())
