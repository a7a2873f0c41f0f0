"""The index as a server sees it, while others change it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.serve.running import copied

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.index import Index
from polyvox.index.writer import IndexWriter
from polyvox.item import Item
from polyvox.serve.collection import Collection, Question


@pytest.fixture
def collection(made: Path, tmp_path: Path) -> Collection:
    return Collection(Index.open(copied(made, tmp_path)), tmp_path / "state")


def test_items_that_are_added_meanwhile_do_not_count_as_deleted(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = collection.search(Question("fish", 1))[0][0]
    enter = IndexWriter.__enter__
    once = threading.Event()

    def late(writer: IndexWriter) -> IndexWriter:
        if not once.is_set():
            once.set()
            collection.index.add([Item(f"Gull {number}.") for number in range(5)])
        return enter(writer)

    monkeypatch.setattr(IndexWriter, "__enter__", late)
    assert collection.delete_item(hit.id) == 1
    assert collection.item(hit.id) is None


def test_a_hit_that_is_deleted_while_it_is_found_is_not_remembered(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = collection.index.search

    def slow(*asked: Any, **more: Any) -> Any:  # noqa: ANN401 - passed on
        hits = search(*asked, **more)
        collection.delete_item(hits[0].id)
        return hits

    monkeypatch.setattr(collection.index, "search", slow)
    hit = collection.search(Question("fish", 1))[0][0]
    assert collection.item(hit.id) is None
