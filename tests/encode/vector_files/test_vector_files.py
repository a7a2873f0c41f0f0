from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from polyvox.encode.protocol import ModelCard, Role, Vectors
from polyvox.encode.vector_files import Origin, Row, VectorFormat, open_vector_file
from polyvox.encode.vector_files.json_lines import JsonLinesStream
from polyvox.encode.vector_files.parquet import GROUP_ROWS, METADATA_KEY
from polyvox.errors import PolyvoxError
from polyvox.item import Modality

CARD = ModelCard("toy", "f00d-4", 4, frozenset({Modality.TEXT}))


@pytest.fixture
def origin() -> Origin:
    return Origin.of(CARD, Role.QUERY)


def rows(count: int) -> list[Row]:
    speech = Row("00", "a.ogg", "", 0.5, 2.0, None, "sw", "speech")
    text = Row("01", "b.txt", "line 2", None, None, "samaki ಮೀನು", "und", "text")
    return [(speech, text)[number % 2] for number in range(count)]


def vectors(count: int) -> Vectors:
    return np.random.default_rng(0).standard_normal((count, 4)).astype(np.float32)


def read_back(path: Path) -> Vectors:
    if path.suffix == ".npy":
        return np.asarray(np.load(path, allow_pickle=False))
    if path.suffix == ".parquet":
        return np.stack(pq.read_table(path)["vector"].to_numpy())
    return np.array([json.loads(line)["vector"] for line in path.read_text().splitlines()], np.float32)


@pytest.mark.parametrize("kind", list(VectorFormat))
def test_every_bit_comes_back_in_order(kind: VectorFormat, origin: Origin, tmp_path: Path) -> None:
    path = tmp_path / f"v.{kind}"
    written = vectors(7)
    file = open_vector_file(path, origin)
    file.write(rows(5), written[:5])
    file.write(rows(2), written[5:])
    assert not path.exists()
    file.publish()
    assert (read_back(path) == written).all()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("kind", list(VectorFormat))
def test_what_is_there_is_never_overwritten(kind: VectorFormat, origin: Origin, tmp_path: Path) -> None:
    path = tmp_path / f"v.{kind}"
    path.write_text("mine")
    with pytest.raises(PolyvoxError, match="is there already"):
        open_vector_file(path, origin)
    assert path.read_text() == "mine"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", list(VectorFormat))
def test_nothing_is_left_of_a_file_that_was_given_up(
    kind: VectorFormat, origin: Origin, tmp_path: Path
) -> None:
    file = open_vector_file(tmp_path / f"v.{kind}", origin)
    file.write(rows(2), vectors(2))
    file.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", list(VectorFormat))
def test_a_file_that_somebody_else_began_is_not_published(
    kind: VectorFormat, origin: Origin, tmp_path: Path
) -> None:
    path = tmp_path / f"v.{kind}"
    first = open_vector_file(path, origin)
    second = open_vector_file(path, origin)
    second.write(rows(2), vectors(2))
    with pytest.raises(PolyvoxError, match="another process"):
        first.publish()
    assert not path.exists()


def test_parquet_has_fixed_size_lists_and_says_what_made_them(origin: Origin, tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    file = open_vector_file(path, origin)
    count = GROUP_ROWS + 3
    file.write(rows(count)[:-3], vectors(count)[:-3])
    file.write(rows(3), vectors(3))
    file.publish()
    found = pq.ParquetFile(path)
    assert found.schema_arrow.field("vector").type == pa.list_(pa.float32(), 4)
    assert found.schema_arrow.field("start").type == pa.float64()
    assert (found.metadata.num_rows, found.metadata.num_row_groups) == (count, 2)
    told = json.loads(found.schema_arrow.metadata[METADATA_KEY.encode()])
    assert told["fingerprint"] == "f00d-4"
    assert (told["dimension"], told["normalization"], told["role"]) == (4, "l2", "query")


def test_npy_has_a_row_beside_every_vector(origin: Origin, tmp_path: Path) -> None:
    file = open_vector_file(tmp_path / "v.npy", origin)
    file.write(rows(2), vectors(2))
    file.publish()
    beside = [json.loads(line) for line in (tmp_path / "v.npy.rows.jsonl").read_text().splitlines()]
    assert [(row["source"], row["start"], row["text"]) for row in beside] == [
        ("a.ogg", 0.5, None),
        ("b.txt", None, "samaki ಮೀನು"),
    ]
    assert json.loads((tmp_path / "v.npy.meta.json").read_text())["rows"] == 2


def test_a_stream_has_the_model_in_each_line(origin: Origin) -> None:
    stream = io.StringIO()
    file = JsonLinesStream(stream, origin)
    file.write(rows(1), vectors(1))
    assert json.loads(stream.getvalue())["model"] == "f00d-4"


def test_an_unknown_suffix_lists_the_known_ones(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"\.npy \.parquet \.jsonl"):
        open_vector_file(tmp_path / "v.bin", origin)
    open_vector_file(tmp_path / "v.bin", origin, "npy").discard()
