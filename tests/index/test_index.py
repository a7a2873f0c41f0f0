from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.index.conftest import GREETINGS

from polyvox.encode.protocol import Encoder
from polyvox.index import Index, IndexFormatError, LockedError, ModelMismatchError, VectorError
from polyvox.item import Audio, Item, Modality


def texts(index: Index, **chosen: Any) -> list[str | None]:  # noqa: ANN401 - whatever a search takes
    return [hit.text for hit in index.search("bom dia amigos", **chosen)]


def test_finds_what_was_added_with_everything_that_was_known(greetings: Index) -> None:
    assert len(greetings) == 5
    best = greetings.search("guten Morgen", limit=1, mode="dense")[0]
    assert (best.text, best.path, best.language, best.locator) == ("guten Morgen", "b/de.txt", "de", "page 3")
    assert best.score == pytest.approx(1.0, abs=1e-5)
    assert (best.sources["dense"].rank, best.modality) == (1, Modality.TEXT)
    voice = greetings.search(Audio(np.full(160, 0.5, np.float32)), limit=1)[0]
    assert (voice.text, voice.start, voice.end, voice.modality) == (None, 1.0, 4.6, Modality.SPEECH)
    assert greetings.search("good morning friends", limit=1)[0].metadata == {"by": "Ann's"}


def test_adding_again_adds_nothing(greetings: Index) -> None:
    assert greetings.add([*GREETINGS, *GREETINGS]) == 0
    assert greetings.add([Item("twice"), Item("twice")]) == 1
    assert greetings.verify()


def test_an_empty_index_answers_with_nothing(index: Index) -> None:
    assert index.search("anything") == []
    assert index.search("anything", mode="lexical") == []
    assert index.search("anything", mode="hybrid") == []
    assert index.add([]) == 0
    assert index.info().items == 0
    assert index.verify()
    index.compact()


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"language": "pt"}, 3),
        ({"language": "pt_BR"}, 1),
        ({"language": "p"}, None),
        ({"modality": "speech"}, 1),
        ({"path": "a"}, 3),
        ({"path": "a/"}, 3),
        ({"path": "a/pt.txt"}, 2),
        ({"path": "*/*.txt"}, 4),
        ({"path": "*.txt"}, 4),
        ({"path": "/*.txt"}, 0),
        ({"path": "pt.*"}, 2),
        ({"path": "?.txt"}, 0),
        ({"path": "**/*.txt"}, 4),
        ({"path": "?/de.txt"}, 1),
        ({"where": {"by": "Ann's"}}, 1),
        ({"where": {"by": "' OR 1=1 --"}}, 0),
        ({"path": "' OR '1'='1"}, 0),
        ({"language": "pt", "modality": "text"}, 2),
    ],
)
@pytest.mark.parametrize("mode", ["dense", "hybrid"])
def test_filters(greetings: Index, mode: str, chosen: dict[str, object], expected: int | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="not a BCP 47"):
            texts(greetings, mode=mode, **chosen)
    else:
        assert len(texts(greetings, mode=mode, **chosen)) == expected


def test_words_are_found_in_scripts_without_spaces(index: Index) -> None:
    index.add(
        Item(text)
        for text in (
            "สวัสดีตอนเช้าครับ",
            "おはようございます、友達",
            "早上好，朋友们",
            "صباح الخير يا أصدقاء",
            "Straße",
        )
    )
    for words in ("เช้า", "友達", "朋友", "أصدقاء", "strasse"):
        hits = index.search(words, mode="lexical")
        assert len(hits) == 1, words
        assert set(hits[0].sources) == {"lexical"}
    index.compact()
    assert len(index.search("เช้า", mode="lexical")) == 1


def test_words_that_look_like_a_query_language_are_only_words(greetings: Index) -> None:
    assert greetings.search('bom" AND (', mode="lexical")
    assert greetings.search("!!!", mode="lexical") == []


def test_hybrid_scores_are_reciprocal_ranks(greetings: Index) -> None:
    best = greetings.search("bom dia amigos", mode="hybrid")[0]
    assert best.text == "bom dia amigos"
    assert {name: source.rank for name, source in best.sources.items()} == {"dense": 1, "lexical": 1}
    assert best.score == pytest.approx(2 / 61)


def test_deleting(greetings: Index) -> None:
    gone = greetings.search("guten Morgen", limit=1)[0].id
    assert greetings.delete([gone]) == 1
    assert "guten Morgen" not in texts(greetings)
    assert greetings.delete(language="pt", modality="text") == 2
    assert greetings.delete(path="nowhere") == 0
    assert texts(greetings) == ["good morning friends", None] or len(greetings) == 2
    assert greetings.search("amigos", mode="lexical") == []
    assert greetings.verify()


def test_upsert_replaces_what_is_at_the_same_place(greetings: Index) -> None:
    greetings.upsert([Item("bom dia meus amigos", path="a/pt.txt", position=0, language="pt")])
    assert len(greetings) == 5
    assert "bom dia amigos" not in texts(greetings)
    assert texts(greetings, limit=1) == ["bom dia meus amigos"]
    greetings.upsert([Item("bom dia meus amigos", path="a/pt.txt", position=0, language="pt")])
    assert len(greetings) == 5


@pytest.mark.parametrize(
    "vector", [np.ones(3), np.full(16, np.nan), np.array([np.inf] + [0.0] * 15), np.ones((2, 16))]
)
def test_a_bad_vector_is_refused(greetings: Index, vector: np.ndarray) -> None:
    with pytest.raises(VectorError):
        greetings.search(vector)
    with pytest.raises(VectorError), greetings.writer() as writer:
        writer.append([Item("x")], "d", vector[None])
    assert len(greetings) == 5


def test_reopened_without_an_encoder_it_answers_the_same(greetings: Index, encoder: Encoder) -> None:
    vector = encoder.encode_text(["bom dia amigos"])[0]
    again = Index.open(greetings.folder)
    assert again.search(vector) == greetings.search(vector)
    assert [hit.text for hit in again.search("Morgen", mode="lexical")] == ["guten Morgen"]


def test_another_model_is_refused_by_name(greetings: Index, stranger: Encoder) -> None:
    with pytest.raises(ModelMismatchError, match=r"\(hashed-words.*\(other-words"):
        Index.open(greetings.folder, stranger)


def test_what_is_no_index_is_refused(tmp_path: Path, index: Index, encoder: Encoder) -> None:
    with pytest.raises(IndexFormatError, match="is not a polyvox index"):
        Index.open(tmp_path)
    with pytest.raises(IndexFormatError, match="already is an index"):
        Index.create(index.folder, encoder)
    manifest = index.folder / "index.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format_version": 99}))
    with pytest.raises(IndexFormatError, match="format 99"):
        Index.open(index.folder)
    manifest.write_text("{")
    with pytest.raises(IndexFormatError, match="damaged"):
        Index.open(index.folder)


ADD_FROM_ANOTHER_PROCESS = """
import sys, numpy as np
from polyvox.index import IndexWriter
from polyvox.item import Item
with IndexWriter(sys.argv[1]) as writer:
    writer.append([Item("from afar")], "d", np.eye(1, 16))
    if sys.argv[2] == "hold":
        writer.flush(); print("holding", flush=True); sys.stdin.read()
"""


def test_a_change_by_another_process_is_seen_at_once(greetings: Index) -> None:
    command = [sys.executable, "-c", ADD_FROM_ANOTHER_PROCESS, str(greetings.folder), "leave"]
    subprocess.run(command, check=True)
    assert greetings.search(np.eye(1, 16, dtype=np.float32)[0], limit=1)[0].text == "from afar"


def test_a_second_writer_waits_and_then_names_the_first(greetings: Index) -> None:
    command = [sys.executable, "-c", ADD_FROM_ANOTHER_PROCESS, str(greetings.folder), "hold"]
    heard: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        assert len(greetings) == 6
        with (
            pytest.raises(LockedError, match=f"process {holder.pid}"),
            greetings.writer(timeout=0.1, on_wait=heard.append),
        ):
            pass
        assert "waiting for process" in heard[0]
        holder.kill()
    with greetings.writer(timeout=0.1):
        pass


def test_threads_search_while_the_index_grows(index: Index, encoder: Encoder) -> None:
    index.add([Item("the first of all")])
    failures: list[BaseException] = []
    stop = threading.Event()

    def keep_searching() -> None:
        try:
            while not stop.is_set():
                assert index.search("the first of all", limit=1)[0].text == "the first of all"
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=keep_searching) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(15):
        index.add([Item(f"number {number} word {word}") for word in range(5)])
        if number % 5 == 4:
            index.delete([index.search(f"number {number} word 0", limit=1)[0].id])
            index.compact()
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert len(index) == 1 + 75 - 3
    assert index.verify()


def test_info_counts(greetings: Index) -> None:
    info = greetings.info()
    assert (info.items, info.files) == (5, 0)
    assert info.speech_hours == pytest.approx(3.6 / 3600)
    assert info.languages == {"pt": 2, "en": 1, "pt-BR": 1, "de": 1}
    assert info.modalities == {"text": 4, "speech": 1}
    assert info.model == "hashed-words"
    assert info.bytes_on_disk > 1000


def test_a_killed_creation_starts_over(tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "draft"
    (folder / "items.lance" / "_versions").mkdir(parents=True)
    (folder / "items.lance" / "_versions" / "18446744073709551614.manifest").write_bytes(b"half")
    for name in ("index.json.4711", "writer.lock", "writer.json"):
        (folder / name).touch()
    index = Index.open_or_create(folder, encoder)
    assert index.add(GREETINGS) == 5


def test_items_whose_manifest_is_lost_are_not_taken_for_a_draft(greetings: Index, encoder: Encoder) -> None:
    manifest = (greetings.folder / "index.json").read_bytes()
    (greetings.folder / "index.json").unlink()
    with pytest.raises(IndexFormatError, match="in use"):
        Index.open_or_create(greetings.folder, encoder)
    (greetings.folder / "index.json").write_bytes(manifest)
    assert len(Index.open(greetings.folder)) == 5
