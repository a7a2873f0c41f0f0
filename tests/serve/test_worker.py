"""The process that indexes, as functions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.serve.running import copied

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.index import Index, LockedError
from polyvox.item import Item
from polyvox.serve import worker


def test_texts_wait_for_another_writer(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index = Index.open(copied(made, tmp_path))
    upsert, tries = index.upsert, iter([True, True, False])

    def locked(items: Iterable[Item]) -> None:
        if next(tries):
            raise LockedError("another process writes")
        upsert(items)

    monkeypatch.setattr(index, "upsert", locked)
    monkeypatch.setattr(worker, "limit_processor", lambda _: None)
    texts = tmp_path / "texts.jsonl"
    texts.write_text(json.dumps({"text": "Auks swim.", "language": "en", "id": None}))
    worker._serve(index, {"kind": "texts", "path": str(texts)})
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["waiting", "waiting", "progress", "end"]
    assert events[-1] == {"event": "end", "kept": True, "items": 1}
