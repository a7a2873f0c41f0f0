from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polyvox.index import FileState, Filter, Index, IndexWriter
from polyvox.index.files import FileLog
from polyvox.index.head_writer import HeadWriter
from polyvox.index.table import ItemTable
from polyvox.item import Item


class Killed(BaseException):
    """Ends a writer as a kill would: nothing may be tidied up after it."""


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)


def write_file(writer: IndexWriter, path: str, digest: str, count: int) -> None:
    known = writer.known_files().get(path)
    if known and known.done and known.digest == digest:
        return
    done = writer.committed(path, digest)
    writer.begin_file(FileState(path, digest))
    for position in range(count):
        if position not in done:
            item = Item(f"{path} {digest} {position}", path=path, position=position)
            writer.append([item], digest, vectors(1, position))
    writer.finish_file(path)


def contents(index: Index) -> list[tuple[str, int, str]]:
    hits = index.search(np.ones(16, np.float32), limit=1000)
    return sorted((hit.path, hit.position, hit.digest) for hit in hits)


def test_a_file_is_done_only_after_it_is_finished(index: Index) -> None:
    with index.writer() as writer:
        writer.begin_file(FileState("a", "1", size=7, mtime_ns=9))
        writer.append([Item("x", path="a")], "1", vectors(1))
    with index.writer() as writer:
        assert not writer.known_files()["a"].done
        assert writer.committed("a", "1") == {0}
        writer.finish_file("a")
    with index.writer() as writer:
        state = writer.known_files()["a"]
        assert (state.done, state.items, state.size, state.mtime_ns) == (True, 1, 7, 9)


def test_a_file_without_items_is_remembered(index: Index) -> None:
    with index.writer() as writer:
        write_file(writer, "silence.ogg", "1", 0)
    with index.writer() as writer:
        assert writer.known_files()["silence.ogg"].done


def test_a_changed_file_replaces_its_items_in_one_commit(index: Index) -> None:
    with index.writer() as writer:
        write_file(writer, "a", "1", 5)
        write_file(writer, "b", "1", 2)
    before = ItemTable.open(index.folder / "items.lance").version
    with index.writer() as writer:
        write_file(writer, "a", "2", 3)
    assert ItemTable.open(index.folder / "items.lance").version == before + 1
    assert contents(index) == [("a", 0, "2"), ("a", 1, "2"), ("a", 2, "2"), ("b", 0, "1"), ("b", 1, "1")]


def test_two_files_that_swap_contents(index: Index) -> None:
    with index.writer() as writer:
        write_file(writer, "a", "1", 1)
        write_file(writer, "b", "2", 1)
    with index.writer() as writer:
        write_file(writer, "a", "2", 1)
        write_file(writer, "b", "1", 1)
    assert contents(index) == [("a", 0, "2"), ("b", 0, "1")]


def test_deleting_files_forgets_them(index: Index) -> None:
    with index.writer() as writer:
        write_file(writer, "it's", "1", 3)
        write_file(writer, "b", "1", 1)
        assert writer.delete_files(["it's", "unknown"]) == 3
        assert list(writer.known_files()) == ["b"]
        assert writer.delete_where(Filter(path="b")) == 1
        assert writer.known_files()["b"].done
    assert contents(index) == []


STEPS: list[tuple[type, str]] = [
    (FileLog, "record"),
    (ItemTable, "commit"),
    (HeadWriter, "catch_up"),
    (HeadWriter, "_with_vectors"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_killed_between_steps_nothing_is_lost_or_doubled(
    index: Index, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, call: int, when: str
) -> None:
    def job() -> None:
        with IndexWriter(index.folder, flush_rows=4) as writer:
            write_file(writer, "changed", "2", 6)
            write_file(writer, "new", "1", 9)
            writer.delete_files(["old"])

    with index.writer() as writer:
        write_file(writer, "changed", "1", 5)
        write_file(writer, "old", "1", 2)
    _kill_at(monkeypatch, owner, name, call, when)
    with pytest.raises(Killed):
        job()
    monkeypatch.undo()
    seen = contents(Index.open(index.folder))
    assert len(seen) == len(set(seen))
    assert {("changed", i, "2") for i in range(6)} <= set(seen) or {
        ("changed", i, "1") for i in range(5)
    } <= set(seen)
    job()
    expected = [("changed", i, "2") for i in range(6)] + [("new", i, "1") for i in range(9)]
    assert contents(index) == expected
    assert index.verify()


def _kill_at(patch: pytest.MonkeyPatch, owner: type, name: str, call: int, when: str) -> None:
    original: Callable[..., object] = getattr(owner, name)
    calls = 0

    def deadly(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            raise Killed
        result = original(*arguments)
        if calls == call:
            raise Killed
        return result

    patch.setattr(owner, name, deadly)


def test_an_error_leaves_what_was_committed(index: Index) -> None:
    with pytest.raises(RuntimeError), IndexWriter(index.folder, flush_rows=2) as writer:
        write_file(writer, "a", "1", 2)
        writer.append([Item("uncommitted")], "d", vectors(1))
        raise RuntimeError
    assert contents(index) == [("a", 0, "1"), ("a", 1, "1")]


def test_compacting_keeps_everything_and_shrinks(index: Index) -> None:
    for number in range(6):
        with index.writer() as writer:
            write_file(writer, f"{number}", "1", 3)
    index.delete(path="3")
    before, size = contents(index), index.info().bytes_on_disk
    index.compact()
    assert contents(index) == before
    assert contents(Index.open(index.folder)) == before
    assert index.info().bytes_on_disk < size
    assert len(ItemTable.open(index.folder / "items.lance").fragments()) == 1
    assert index.verify()


def test_many_small_commits_are_merged_on_the_way(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyvox.index.upkeep.MOST_COMMITS", 8)
    for number in range(30):
        with index.writer() as writer:
            write_file(writer, f"{number}", "1", 2)
    assert len(ItemTable.open(index.folder / "items.lance").fragments()) <= 10
    assert FileLog(index.folder / "files.lance").commits <= 10
    assert len(contents(index)) == 60
    assert len(index.search("29", mode="lexical")) == 2
    assert index.verify()


def test_a_killed_creation_can_be_repeated(tmp_path: Path, index: Index) -> None:
    (index.folder / "index.json").unlink()
    again = Index.create(index.folder, index.encoder)
    assert len(again) == 0
