from __future__ import annotations

from polyvox.index import Index
from polyvox.item import Item


def test_finds_what_was_added(index: Index) -> None:
    assert index.add([Item("good morning", language="en"), Item("guten Abend", language="de")]) == 2
    hits = index.search("morning", limit=1)
    assert [hit.text for hit in hits] == ["good morning"]
    assert hits[0].sources["dense"].rank == 1
