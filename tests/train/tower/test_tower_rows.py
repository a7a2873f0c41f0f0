"""From manifests to rows: what is left out, and that it is counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.tower.model_section import Data, Source
from polyvox.train.tower.rows import load_rows
from polyvox.train.tower.shuffled import with_shuffled_texts

DATA = Data((Source("manifest.tsv"),))


def manifest(folder: Path, *recordings: Recording, there: bool = True) -> Path:
    for recording in recordings:
        if there:
            (folder / recording.path).write_bytes(recording.path.encode())
    write_manifest(folder / "manifest.tsv", recordings)
    return folder


def row(number: int, text: str, split: str = "train", translation: str = "") -> Recording:
    return Recording(f"{number}.wav", "sw", "", split, text, "en", translation)


def test_no_text_is_on_both_sides_of_the_split(tmp_path: Path) -> None:
    folder = manifest(
        tmp_path,
        row(1, "habari"),
        row(2, "Samaki!"),
        row(3, "asali", translation="honey"),
        row(4, "samaki", "dev"),
        row(5, "nyuki", "dev", "Honey."),
        row(6, "mvua", "test"),
    )
    rows = load_rows(DATA, folder)
    assert [one.transcript for one in rows.train] == ["habari"]
    assert [one.transcript for one in rows.development] == ["samaki", "nyuki"]
    assert rows.counts.in_development == 2
    assert rows.counts.read == 6


def test_a_test_part_by_split_or_by_share(tmp_path: Path) -> None:
    folder = manifest(
        tmp_path, *(row(number, f"text {number}", "test" if number < 5 else "train") for number in range(60))
    )
    by_split = load_rows(replace(DATA, test_splits=("test",), development=0.2), folder)
    assert [one.transcript for one in by_split.test] == [f"text {number}" for number in range(5)]
    assert len(by_split.train) + len(by_split.development) == 55
    by_share = load_rows(replace(DATA, train_splits=("train", "test"), development=0.2, test=0.3), folder)
    parts = [
        {one.transcript for one in part} for part in (by_share.train, by_share.development, by_share.test)
    ]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == 60
    repeated = manifest(tmp_path, row(1, "habari"), row(2, "Habari!", "test"), row(3, "samaki"))
    kept = load_rows(replace(DATA, test_splits=("test",), development=0.0), repeated)
    assert [one.transcript for one in kept.train] == ["samaki"]


def test_a_source_can_be_limited_to_languages(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "habari"), replace(row(2, "witaj"), language="pl"))
    rows = load_rows(Data((Source("manifest.tsv", languages=("pl",)),), development=0.0), folder)
    assert [one.transcript for one in rows.train] == ["witaj"]
    assert rows.counts.read == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.txt", "SAMAKI\n"),
        ("t.jsonl", '{"sw": "samaki.", "en": "fish"}\n'),
        ("t.json", json.dumps([{"deep": ["Samaki"]}])),
        ("t.tsv", "path\tlanguage\ttranscript\nx.wav\tsw\tsamaki\n"),
    ],
)
def test_excluded_texts_are_not_trained_on_and_counted(tmp_path: Path, name: str, content: str) -> None:
    folder = manifest(tmp_path, row(1, "habari"), row(2, "samaki"))
    (folder / name).write_text(content, encoding="utf-8")
    rows = load_rows(replace(DATA, exclude=(name,), development=0.0), folder)
    assert [one.transcript for one in rows.train] == ["habari"]
    assert rows.counts.in_exclusion == 1


def test_an_exclusion_file_that_is_not_there_stops_the_run(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "habari"))
    with pytest.raises(PolyvoxError, match=r"tests.txt: the texts to exclude cannot be read"):
        load_rows(replace(DATA, exclude=("tests.txt",)), folder)
    with pytest.raises(PolyvoxError, match=r"tests.docx: texts to exclude come in .txt, .jsonl"):
        load_rows(replace(DATA, exclude=("tests.docx",)), folder)


def test_rows_without_text_and_repeated_rows_are_counted(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "habari"), row(2, ""), row(1, "habari"), row(1, "jambo"))
    counts = load_rows(replace(DATA, development=0.0), folder).counts
    assert counts.without_text == 1
    assert counts.repeated == 2
    assert [line.rsplit(": ")[-1] for line in counts.conflicting] == ["jambo"]


def test_a_row_without_the_text_that_is_trained_on_is_left_out(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "habari"), replace(row(2, "samaki"), translation="fish"))
    rows = load_rows(replace(DATA, development=0.0), folder, ["translation"])
    assert [one.translation for one in rows.train] == ["fish"]
    assert rows.counts.without_text == 1
    folder = manifest(tmp_path, row(1, "habari"))
    with pytest.raises(PolyvoxError, match=r"1 without translation, which \[losses\] targets asks for"):
        load_rows(DATA, folder, ["translation"])


def test_no_row_of_the_languages_asked_for_is_an_error_that_says_so(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "habari"), row(2, "samaki"))
    with pytest.raises(PolyvoxError, match=r"2 of languages that \[data.sources\] leaves out"):
        load_rows(Data((Source("manifest.tsv", languages=("pl",)),)), folder)


def test_a_row_without_its_recording_is_named(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "habari"), row(2, "samaki"))
    (folder / "2.wav").unlink()
    rows = load_rows(replace(DATA, development=0.0), folder)
    assert len(rows.train) == 1
    assert "2.wav: no such file, but manifest.tsv has a row for it" in rows.counts.skipped[0]


def test_without_a_split_a_share_of_the_texts_is_held_out(tmp_path: Path) -> None:
    folder = manifest(tmp_path, *(row(number, f"text {number // 2}", "") for number in range(400)))
    rows = load_rows(replace(DATA, development=0.2), folder)
    assert 40 < len(rows.development) < 120
    assert len(rows.train) + len(rows.development) == 400
    assert not {one.transcript for one in rows.train} & {one.transcript for one in rows.development}


def test_near_duplicates_go(tmp_path: Path) -> None:
    folder = manifest(
        tmp_path, row(1, "wavuvi wanauza samaki"), row(2, "Wavuvi wanauza samaki 1"), row(3, "mvua")
    )
    rows = load_rows(replace(DATA, development=0.0, near_duplicates=0.8), folder)
    assert [one.path.name for one in rows.train] == ["1.wav", "3.wav"]
    assert rows.counts.near_duplicates == 1


def test_translations_come_from_parallel_text(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, "Samaki!"), row(2, "asali", translation="sweet honey"), row(3, "mvua"))
    (folder / "p.jsonl").write_text(
        '{"sw": "samaki", "en": "fish"}\n{"sw": "asali", "en": "honey"}\n{"de": "mvua", "en": "other"}\n'
    )
    rows = load_rows(replace(DATA, development=0.0, parallel=("p.jsonl",)), folder)
    assert [one.translation for one in rows.train] == ["fish", "sweet honey", ""]
    assert rows.counts.translated == 1


def test_when_nothing_is_left_the_counts_say_why(tmp_path: Path) -> None:
    folder = manifest(tmp_path, row(1, ""), row(2, "", "test"))
    with pytest.raises(PolyvoxError, match="no row is left to train on: 2 without transcript or translation"):
        load_rows(DATA, folder)


def test_wrong_columns_list_those_found_and_needed(tmp_path: Path) -> None:
    (tmp_path / "manifest.tsv").write_text("file\tlanguage\tsentence\na.wav\tsw\thabari\n")
    with pytest.raises(
        PolyvoxError, match=r"'path' is missing.*there are: file, language, sentence; needed: path"
    ):
        load_rows(DATA, tmp_path)


def test_shuffled_texts_are_the_same_texts_elsewhere(tmp_path: Path) -> None:
    folder = manifest(tmp_path, *(row(number, f"text {number}") for number in range(50)))
    rows = load_rows(replace(DATA, development=0.0), folder)
    mixed = with_shuffled_texts(rows, 1)
    assert sorted(one.transcript for one in mixed.train) == sorted(one.transcript for one in rows.train)
    assert [one.path for one in mixed.train] == [one.path for one in rows.train]
    moved = sum(a.transcript != b.transcript for a, b in zip(mixed.train, rows.train, strict=True))
    assert moved > 40
