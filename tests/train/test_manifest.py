import json
from collections.abc import Callable
from pathlib import Path

import pytest

from polyvox.train.manifest import (
    COLUMNS,
    ManifestError,
    Recording,
    manifest_folder,
    read_manifest,
    write_manifest,
)

ROW = Recording("a/b.ogg", "fr", "words/cat", "train", "le chat", "en", "the cat", 1.25, "Anne")
Write = Callable[..., Path]


@pytest.fixture
def manifest(tmp_path: Path) -> Write:
    def write(*lines: str, name: str = "manifest.tsv") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.tsv"
    write_manifest(path, [ROW])
    assert read_manifest(path) == [ROW]
    assert read_manifest(tmp_path) == [ROW]
    assert path.read_text().splitlines()[0].split("\t") == list(COLUMNS)
    assert manifest_folder(path) == manifest_folder(tmp_path) == tmp_path


def test_line_breaks_do_not_break_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "manifest.tsv"
    write_manifest(path, [Recording("a.ogg", "en", transcript='say\t"one"\nand two')])
    assert read_manifest(path)[0].transcript == 'say "one" and two'


def test_path_and_language_suffice(manifest: Write) -> None:
    path = manifest("path\tlanguage\tmood", "a.ogg\tfr\tgood", "b.ogg\tsw")
    with pytest.raises(ManifestError, match="line 4"):
        read_manifest(manifest("path\tlanguage", "a.ogg\tfr", "b.ogg\tsw", "c.ogg"))
    assert read_manifest(path.with_name("manifest.tsv"), report=lambda _: None) == [
        Recording("a.ogg", "fr"),
        Recording("b.ogg", "sw"),
    ]


def test_one_language_for_all(manifest: Write) -> None:
    path = manifest("path", "a.ogg")
    assert read_manifest(path, language="sw") == [Recording("a.ogg", "sw")]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("m.tsv", ["path\tlocale\tsentence", "a.mp3\ten\t12"]),
        ("m.csv", ["path,locale,sentence", "a.mp3,en,12"]),
        ("m.jsonl", [json.dumps({"path": "a.mp3", "locale": "en", "sentence": 12, "age": None})]),
    ],
)
def test_columns_may_be_renamed_in_every_kind(manifest: Write, name: str, lines: list[str]) -> None:
    read = read_manifest(
        manifest(*lines, name=name), columns={"language": "locale", "transcript": "sentence"}
    )
    assert read == [Recording("a.mp3", "en", transcript="12")]


def test_wrong_columns_are_told_with_the_nearest(manifest: Write) -> None:
    path = manifest("path\tlanguages\tsentence", "a.ogg\tfr\tsalut")
    with pytest.raises(
        ManifestError,
        match=r"'language' is missing; the nearest is 'languages'; "
        r"there are: path, languages, sentence; needed: path, language",
    ):
        read_manifest(path)
    with pytest.raises(ManifestError, match="'satz' is missing"):
        read_manifest(path, columns={"transcript": "satz"}, language="fr")
    with pytest.raises(ManifestError, match="no column is called 'text' here; rename one of: path"):
        read_manifest(path, columns={"text": "sentence"})


def test_rows_without_text_or_recording_are_named(manifest: Write, tmp_path: Path) -> None:
    (tmp_path / "a.ogg").touch()
    path = manifest(
        "path\tlanguage\ttranscript\tseconds",
        "a.ogg\tfr\tsalut\t1",
        "a.ogg\tfr\t\t1",
        "\tfr\tsalut\t1",
        "b.ogg\tfr\tsalut\t1",
        "a.ogg\t\tsalut\t1",
        "a.ogg\tfr\tsalut\tlong",
    )
    problems: list[str] = []
    read = read_manifest(path, needs=["transcript"], check_files=True, report=problems.append)
    assert read == [Recording("a.ogg", "fr", transcript="salut", seconds=1)]
    assert [problem.removeprefix(f"{path}, ") for problem in problems] == [
        "line 3: the row has no transcript",
        "line 4: the row has no path",
        "line 5: there is no file 'b.ogg'",
        "line 6: the row has no language",
        "line 7: 'seconds' is not a number, but 'long'",
    ]
    with pytest.raises(ManifestError, match="line 3: the row has no transcript"):
        read_manifest(path, needs=["transcript"])


@pytest.mark.parametrize("outside", ["../secret.ogg", "/etc/passwd", "a/../../b.ogg"])
def test_paths_outside_are_refused_unless_allowed(manifest: Write, outside: str) -> None:
    path = manifest("path\tlanguage", f"{outside}\ten")
    with pytest.raises(ManifestError, match="lies outside"):
        read_manifest(path)
    assert read_manifest(path, allow_outside=True)[0].path == outside


def test_a_quote_that_nothing_closes_is_a_character(manifest: Write) -> None:
    path = manifest(
        "path\tlanguage\ttranscript",
        'a.ogg\ten\t"Never, he said',
        'b.ogg\ten\t"first',
        'second"',
        "c.ogg\ten\tlast",
    )
    assert [one.transcript for one in read_manifest(path)] == ['"Never, he said', "first\nsecond", "last"]


def test_damaged_manifests_are_named(manifest: Write, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no such manifest"):
        read_manifest(tmp_path / "none.tsv")
    with pytest.raises(ManifestError, match=r"expected one manifest\.tsv"):
        read_manifest(tmp_path)
    with pytest.raises(ManifestError, match=r"not a kind of manifest; there are: \.tsv, \.csv"):
        read_manifest(manifest("a", name="m.xlsx"))
    with pytest.raises(ManifestError, match="line 1: not JSON"):
        read_manifest(manifest("{", name="m.jsonl"))
    with pytest.raises(ManifestError, match="line 1: not a JSON object"):
        read_manifest(manifest("[]", name="m.jsonl"))
    with pytest.raises(ManifestError, match="not a Parquet file"):
        read_manifest(manifest("PAR", name="m.parquet"))
    latin = tmp_path / "latin.tsv"
    latin.write_bytes("path\tlanguage\nété.ogg\tfr\n".encode("latin-1"))
    with pytest.raises(ManifestError, match="not UTF-8"):
        read_manifest(latin)
    for kind in (".tsv", ".csv", ".jsonl"):
        with pytest.raises(ManifestError, match="empty"):
            read_manifest(manifest(name=f"m{kind}"))
