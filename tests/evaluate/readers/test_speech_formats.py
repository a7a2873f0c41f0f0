"""Every built-in declaration of speech against a small fixture in the format that its source publishes."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.evaluate.readers.fixtures import found, tabs, texts, write

from polyvox.item import Audio, Modality
from polyvox.train.waves import write_wav


def fleurs_row(number: str, file: str, text: str) -> str:
    return tabs(number, file, text, text.casefold(), " ".join(text), "16000", "FEMALE")


def test_fleurs_tsv_without_header_with_several_recordings_of_a_sentence(tmp_path: Path) -> None:
    data = tmp_path / "fleurs" / "data"
    write(data / "sw_ke" / "test.tsv", fleurs_row("7", "1.wav", "Mvua."), fleurs_row("7", "2.wav", "Mvua."))
    write(data / "en_us" / "test.tsv", fleurs_row("7", "3.wav", "Rain."), fleurs_row("8", "4.wav", "Sun."))
    problem = found("fleurs", tmp_path)["speech→text sw→en"]
    assert texts(problem) == ["Rain.", "Sun."]
    assert [dict(query.wanted) for query in problem.queries] == [{"Rain.": 1}] * 2
    assert problem.queries[0].content.audio == data / "sw_ke" / "audio" / "test" / "1.wav"
    back = found("fleurs", tmp_path)["text→speech en→sw"]
    assert [document.label for document in back.documents] == ["meaning 7"] * 2


def test_fleurs_as_parquet_with_the_bytes_of_recordings(tmp_path: Path) -> None:
    sound = tmp_path / "sound.wav"
    write_wav(sound, Audio(np.full(800, 0.5, np.float32)))
    folder = tmp_path / "fleurs-datasets" / "sw_ke"
    folder.mkdir(parents=True)
    audio = {"bytes": sound.read_bytes(), "path": "1.wav"}
    rows = [{"id": 7, "raw_transcription": "Mvua.", "audio": audio, "lang_id": 85}]
    pq.write_table(pa.Table.from_pylist(rows), folder / "test-00000-of-00001.parquet")
    problem = found("fleurs-datasets", tmp_path)["speech→text sw→sw"]
    assert problem.queries[0].content.audio == sound.read_bytes()


def test_covost_tsv_beside_common_voice_clips(tmp_path: Path) -> None:
    write(
        tmp_path / "covost2" / "covost_v2.zh-CN_en.test.tsv",
        tabs("path", "sentence", "translation", "client_id"),
        tabs("c.mp3", '他说"雨"', 'He said "rain"', "x"),
    )
    problem = found("covost2", tmp_path)["speech→text zh→en"]
    assert texts(problem) == ['He said "rain"']
    assert problem.queries[0].content.audio == tmp_path / "covost2" / "zh-CN" / "clips" / "c.mp3"


def test_common_voice_tsv_finds_by_the_text_of_the_sentence(tmp_path: Path) -> None:
    header = (
        "client_id path sentence_id sentence sentence_domain up_votes down_votes age gender accents variant"
    )
    rows = [tabs("x", f"{n}.mp3", "s", "Mvua.", "", "2", "0", "", "", "", "") for n in (1, 2)]
    write(tmp_path / "common-voice" / "sw" / "test.tsv", header.replace(" ", "\t"), *rows)
    problem = found("common-voice", tmp_path)["speech→text sw→sw"]
    assert texts(problem) == ["Mvua."]
    assert len(problem.queries) == 2


def test_speech_brown(tmp_path: Path) -> None:
    row = {"audio": "news/1.wav", "text": "It rained.", "category": "news"}
    write(tmp_path / "speech-brown" / "metadata.jsonl", json.dumps(row))
    problem = found("speech-brown", tmp_path)["text→speech en→en"]
    assert problem.documents[0].content.audio == tmp_path / "speech-brown" / "news" / "1.wav"


def test_spoken_intents_are_read_out_of_json_in_a_column(tmp_path: Path) -> None:
    folder = tmp_path / "speech" / "picovoice"
    slots = ['"{""coffeeDrink"": ""mocha""}"', '"{""coffeeDrink"": ""latte"", ""size"": ""large""}"', '"{}"']
    write(
        folder / "manifest.tsv",
        tabs("path", "language", "transcript"),
        *(tabs("1.ogg", "en", s) for s in slots),
    )
    problem = found("spoken-intent-zero-shot", tmp_path)["speech→text en→en"]
    assert [document.label for document in problem.documents] == ["latte", "mocha"]
    assert len(problem.queries) == 2
    assert problem.query_modality is Modality.SPEECH


def test_mboshi_leaves_out_what_was_also_trained_on(tmp_path: Path) -> None:
    head = tabs(
        "path", "language", "key", "split", "transcript", "translation_language", "translation", "seconds"
    )
    rows = [
        ("1", "train", "mbula", "pluie"),
        ("2", "dev", "mbula", "pluie"),
        ("3", "dev", "moi", "soleil"),
        ("4", "dev", "mo i", "soleil"),
    ]
    lines = [tabs(f"{n}.ogg", "mdw", n, split, said, "fr", french, "1.0") for n, split, said, french in rows]
    write(tmp_path / "speech" / "mboshi" / "manifest.tsv", head, *lines)
    problem = found("mboshi", tmp_path)["speech→text mdw→fr"]
    assert [query.content.text for query in problem.queries] == ["moi", "mo i"]
    assert texts(problem) == ["soleil"]
