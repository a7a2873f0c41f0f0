from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from polyvox.index import Index, IndexWriter
from polyvox.index import head as head_module
from polyvox.index.exact import exact_search
from polyvox.index.head_files import HeadFiles, byte_sum, narrow
from polyvox.index.head_writer import HeadOptions
from polyvox.index.lock import WriterLock
from polyvox.index.quantizer import Quantizer, train_quantizer
from polyvox.index.table import ItemTable
from polyvox.item import Item

DIMENSION = 16
LANGUAGES = ("de", "en", "pt-BR")
DAMAGES = ("gone", "vectors cut", "vectors changed", "codes cut", "directory", "quantizer")
SMALL = HeadOptions(train_rows=1_000)


def cloud(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors whose components decay, as those of a trained model do."""
    spread = np.arange(1, DIMENSION + 1) ** -0.5
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)) * spread
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def fill(index: Index, rows: NDArray[np.float32], name: str = "a") -> None:
    with IndexWriter(index.folder, flush_rows=700, head_options=SMALL) as writer:
        for begin in range(0, len(rows), 350):
            part = rows[begin : begin + 350]
            items = [
                Item(
                    f"{name} {begin + i}",
                    path=name,
                    position=begin + i,
                    language=("de", "en", "pt-BR")[i % 3],
                )
                for i in range(len(part))
            ]
            writer.append(items, "d", part)


@pytest.fixture
def filled(index: Index, monkeypatch: pytest.MonkeyPatch) -> Index:
    monkeypatch.setattr(head_module, "PATIENCE_ROWS", 0)
    fill(index, cloud(3_000))
    return Index.open(index.folder)


def found(index: Index, query: NDArray[np.float32], **chosen: object) -> list[tuple[str, int]]:
    return [(hit.path, hit.position) for hit in index.search(query, **chosen)]  # type: ignore[arg-type]


def exactly(index: Index, query: NDArray[np.float32], condition: str = "") -> list[tuple[str, int]]:
    table = ItemTable.open(index.folder / "items.lance")
    addresses, _ = exact_search(table, query, 10, condition)
    rows = table.rows(addresses.tolist(), ["path", "position"])
    return [(rows[a]["path"], rows[a]["position"]) for a in addresses.tolist()]


def recall(index: Index, condition: str = "", **chosen: object) -> float:
    shares = [
        len(set(found(index, query, **chosen)) & set(exactly(index, query, condition))) / 10
        for query in cloud(30, seed=9)
    ]
    return float(np.mean(shares))


def uses_codes(index: Index) -> bool:
    return index._reader.current().head._source.scanner is not None


def test_the_scan_finds_what_an_exact_search_finds(filled: Index) -> None:
    assert recall(filled) >= 0.99
    assert uses_codes(filled)
    assert filled.verify()


def test_scores_are_the_cosines_of_the_full_vectors(filled: Index) -> None:
    query, rows = cloud(1, seed=4)[0], cloud(3_000)
    for hit in filled.search(query):
        assert hit.score == pytest.approx(float(rows[hit.position] @ query), abs=1e-6)


@pytest.mark.parametrize("gather_rows", [0, 32_768])
def test_filters_and_deletions_narrow_the_scan(
    filled: Index, monkeypatch: pytest.MonkeyPatch, gather_rows: int
) -> None:
    monkeypatch.setattr(head_module, "GATHER_ROWS", gather_rows)
    filled.delete([hit.id for query in cloud(30, seed=9) for hit in filled.search(query, limit=3)])
    assert recall(filled) >= 0.99
    assert recall(filled, "language = 'de'", language="de") >= 0.99
    assert recall(filled, "language = 'pt-BR'", language="pt") >= 0.99
    few = filled.search(cloud(1)[0], where={"no": "such"})
    assert few == []


def test_a_filter_that_almost_nothing_passes_still_fills_the_page(
    filled: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_module, "GATHER_ROWS", 0)
    fill(filled, -cloud(12, seed=1), name="rare")
    query = cloud(1)[0]
    assert len(found(filled, query, path="rare")) == 10
    assert found(filled, query, path="rare") == exactly(filled, query, "path = 'rare'")


def test_growth_is_seen_without_reading_everything_again(filled: Index, index: Index) -> None:
    assert recall(filled) >= 0.99
    for seed in (2, 3):
        fill(index, cloud(2_500, seed), name=f"more {seed}")
        assert recall(filled) >= 0.99
    assert uses_codes(filled)
    assert len(filled) == 8_000
    assert filled.verify()


@pytest.mark.parametrize(
    "damage", ["gone", "vectors cut", "vectors changed", "codes cut", "directory", "quantizer"]
)
def test_a_damaged_head_is_made_again(filled: Index, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyvox.index.snapshot.TAIL_ROWS", 100)
    before = [found(filled, query) for query in cloud(10, seed=5)]
    hurt(filled.folder / "head", damage)
    again = Index.open(filled.folder)
    assert [found(again, query) for query in cloud(10, seed=5)] == before
    with again.writer() as writer:
        writer.append([Item("one more")], "d", cloud(1, seed=6))
    assert found(again, cloud(1, seed=6)[0])[0] == ("", 0)


def hurt(head: Path, damage: str) -> None:
    paths = {suffix: next(head.glob(f"*{suffix}")) for suffix in (".i2", ".u1", ".npz", ".json")}
    if damage == "gone":
        shutil.rmtree(head)
    elif damage == "vectors cut":
        paths[".i2"].write_bytes(paths[".i2"].read_bytes()[:-999])
    elif damage == "vectors changed":
        data = bytearray(paths[".i2"].read_bytes())
        data[5_000:5_100] = bytes(100)
        paths[".i2"].write_bytes(data)
    elif damage == "codes cut":
        paths[".u1"].write_bytes(paths[".u1"].read_bytes()[:-99])
    elif damage == "directory":
        paths[".json"].write_text('{"format": 1')
    else:
        paths[".npz"].write_bytes(b"PK nonsense")


def test_vectors_changed_under_a_running_search_do_not_change_its_answers(filled: Index) -> None:
    query = cloud(3_000)[77]
    before = found(filled, query)
    path = next((filled.folder / "head").glob("*.i2"))
    with path.open("r+b") as file:
        file.write(narrow(np.tile(query, (3_000, 1))).tobytes())
    assert found(filled, query) == before
    assert filled.verify()


def test_verify_names_what_differs(filled: Index) -> None:
    path = next((filled.folder / "head").glob("*.i2"))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert "differs from the table" in filled.verify().problems[0]


def test_a_reader_that_may_not_write_works_without_a_head(
    filled: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [found(filled, query) for query in cloud(10, seed=5)]
    shutil.rmtree(filled.folder / "head")
    monkeypatch.setattr(WriterLock, "try_acquire", lambda _: False)
    assert [found(Index.open(filled.folder), query) for query in cloud(10, seed=5)] == before
    assert not (filled.folder / "head").exists()


def test_half_written_rows_are_ignored_and_overwritten(filled: Index, index: Index) -> None:
    path = next((filled.folder / "head").glob("*.i2"))
    with path.open("ab") as file:
        file.write(b"\x7f" * 777)
    fill(index, cloud(100, seed=8), name="late")
    assert recall(filled) >= 0.99
    assert filled.verify()


def test_learning_is_repeatable_and_survives_saving(tmp_path: Path) -> None:
    rows = cloud(2_000)
    first, second = train_quantizer(rows, 2_000), train_quantizer(rows, 2_000)
    np.testing.assert_array_equal(first.encode(rows), second.encode(rows))
    first.save(tmp_path / "q.npz")
    np.testing.assert_array_equal(Quantizer.load(tmp_path / "q.npz").encode(rows), first.encode(rows))


@pytest.mark.parametrize("bit", [0, 6, 14])
def test_a_sum_changes_with_any_bit(bit: int) -> None:
    rows = np.arange(33, dtype=np.int16).reshape(3, 11)
    for place in range(rows.size):
        other = rows.copy()
        other.reshape(-1)[place] ^= 1 << bit
        assert byte_sum(other) != byte_sum(rows)


def test_sixteen_bits_keep_a_cosine() -> None:
    rows = cloud(500)
    files = HeadFiles(Path("unused"), DIMENSION)
    assert files.read().rows == 0
    assert np.abs(narrow(rows).astype(np.float32) / 32_767 - rows).max() < 2e-5
