from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tests.index.conftest import HashedWords

from polyvox.encode.items import encode_items
from polyvox.encode.protocol import Encoder, Role, Vectors
from polyvox.index import Index
from polyvox.index.files import FileState, told_digest
from polyvox.index.ingest import ingest
from polyvox.item import Audio, Item
from polyvox.read import ReadOptions, content_digest


def write(path: Path, *paragraphs: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    return path


def texts(index: Index) -> list[str]:
    hits = index.search(np.ones(16, np.float32), limit=1000)
    return sorted(str(hit.text) for hit in hits)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "docs" / "a.txt", "the first paragraph")
    write(tmp_path / "docs" / "deep" / "b.txt", "the second paragraph")
    return tmp_path / "docs"


def test_indexes_a_folder_and_an_unchanged_file_costs_nothing(index: Index, folder: Path) -> None:
    first = ingest(index, [folder])
    assert (first.files_new, first.items_added, first.problems) == (2, 2, [])
    again = ingest(index, [folder])
    assert (again.files_new, again.files_unchanged, again.items_added) == (0, 2, 0)
    assert texts(index) == ["the first paragraph", "the second paragraph"]


def test_touched_file_with_the_same_content_keeps_its_items(index: Index, folder: Path) -> None:
    ingest(index, [folder])
    os.utime(folder / "a.txt", ns=(1, 1))
    again = ingest(index, [folder])
    assert (again.files_unchanged, again.items_added) == (2, 0)
    assert len(index) == 2


def test_changed_file_replaces_its_items(index: Index, folder: Path) -> None:
    ingest(index, [folder])
    write(folder / "a.txt", "quite another paragraph")
    report = ingest(index, [folder])
    assert (report.files_changed, report.files_unchanged, report.items_added) == (1, 1, 1)
    assert texts(index) == ["quite another paragraph", "the second paragraph"]


def test_prune_drops_what_is_gone_and_only_below_the_paths(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other" / "c.txt", "elsewhere")
    ingest(index, [folder, other])
    (folder / "a.txt").unlink()
    other.unlink()
    report = ingest(index, [folder], prune=True)
    assert (report.files_pruned, report.items_pruned) == (1, 1)
    assert texts(index) == ["elsewhere", "the second paragraph"]


def test_prune_keeps_everything_when_the_folder_itself_is_missing(index: Index, folder: Path) -> None:
    ingest(index, [folder])
    folder.rename(folder.with_name("unmounted"))
    report = ingest(index, [folder], prune=True)
    assert report.files_pruned == 0
    assert [problem.path for problem in report.problems] == [str(folder)]
    assert len(index) == 2


def test_bad_files_are_named_and_nothing_else_is_lost(index: Index, folder: Path) -> None:
    (folder / "empty.txt").touch()
    (folder / "latin.txt").write_bytes("déjà vu".encode("latin-1"))
    (folder / "noise.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVEgarbage")
    report = ingest(index, [folder])
    assert sorted(Path(problem.path).name for problem in report.problems) == [
        "empty.txt",
        "latin.txt",
        "noise.wav",
    ]
    assert all(problem.reason for problem in report.problems)
    assert report.items_added == 2
    assert len(ingest(index, [folder]).problems) == 3, "a bad file is named again until it is mended"


def test_changed_file_that_cannot_be_read_any_more_keeps_its_old_items(index: Index, folder: Path) -> None:
    ingest(index, [folder])
    (folder / "a.txt").write_bytes(b"\xff\xff broken")
    report = ingest(index, [folder])
    assert len(report.problems) == 1
    assert "the first paragraph" in texts(index)


def test_a_run_that_died_in_the_middle_of_a_file_goes_on(index: Index, tmp_path: Path) -> None:
    lines = [f"line number {i}" for i in range(30)]
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    digest = content_digest(path)
    committed = [Item(line, path=str(path), position=i) for i, line in enumerate(lines[:10])]
    with index.writer() as writer:
        writer.begin_file(FileState(str(path), digest))
        writer.append(committed, digest, encode_items(index.encoder, committed))
    report = ingest(index, [path])
    assert report.items_added == 20, "what was committed is not encoded again"
    assert texts(index) == sorted(lines)
    assert ingest(index, [path]).files_unchanged == 1


def test_speech_gets_start_and_end(index: Index) -> None:
    recording = Path(str(files("polyvox"))) / "samples" / "queries" / "sw.ogg"
    report = ingest(index, [recording], ReadOptions(language="sw"))
    assert report.items_added == 1
    (hit,) = index.search(np.ones(16, np.float32))
    assert (hit.language, hit.text) == ("sw", None)
    assert hit.start is not None
    assert hit.end is not None
    assert 0 <= hit.start < hit.end <= 2
    assert hit.end - hit.start > 0.5


def test_watch_hears_bytes_and_ends_at_the_total(index: Index, folder: Path) -> None:
    heard: list[tuple[float, float]] = []
    ingest(index, [folder], watch=lambda done, total, _: heard.append((done, total)))
    size = sum(path.stat().st_size for path in folder.rglob("*.txt"))
    assert heard[-1] == (size, size)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_watch_hears_how_far_a_long_file_is(index: Index, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"{'word ' * 100}{i}\n" for i in range(8_000)), encoding="utf-8")
    heard: list[float] = []
    ingest(index, [path], watch=lambda done, total, _: heard.append(done / total))
    assert heard == sorted(heard)
    assert len(set(heard)) >= 4
    assert heard[0] < 0.6
    assert heard[-1] == 1


def test_reader_errors_that_nobody_expected_reach_the_caller(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("polyvox.index.ingest.read_file", explode)
    with pytest.raises(RuntimeError, match="a defect"):
        ingest(index, [folder])


def test_a_bad_row_is_named_and_the_other_rows_are_kept(index: Index, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"text": "one good row"}\n{"text": broken\n{"text": "another good row"}\n', encoding="utf-8"
    )
    report = ingest(index, [path])
    assert texts(index) == ["another good row", "one good row"]
    (problem,) = report.problems
    assert "row 2" in problem.reason
    again = ingest(index, [path])
    assert (again.files_unchanged, again.problems) == (1, [problem]), "it is told again without reading again"
    os.utime(path, ns=(1, 1))
    assert ingest(index, [path]).problems == [problem]
    assert ingest(index, [path]).problems == [problem]


def test_a_new_version_without_one_good_row_keeps_the_old_items(index: Index, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "one good row"}\n', encoding="utf-8")
    ingest(index, [path])
    path.write_text('{"text": broken\n{"text": broken too\n', encoding="utf-8")
    report = ingest(index, [path])
    assert len(report.problems) >= 1
    assert texts(index) == ["one good row"]


def test_an_index_inside_the_folder_that_it_indexes_is_passed_by(tmp_path: Path, encoder: Encoder) -> None:
    write(tmp_path / "a.txt", "the first paragraph")
    inside = Index.create(tmp_path / "my.index", encoder)
    report = ingest(inside, [tmp_path])
    assert (report.items_added, report.problems, report.ignored) == (1, [], [])


def languages(index: Index) -> dict[str, int]:
    return dict(index.info().languages)


def test_a_file_whose_language_is_told_otherwise_is_read_again(index: Index, folder: Path) -> None:
    ingest(index, [folder], ReadOptions(language="sw"))
    assert languages(index) == {"sw": 2}
    again = ingest(index, [folder], ReadOptions(language="swa"))
    assert (again.files_unchanged, again.items_added) == (2, 0)
    told = ingest(index, [folder / "a.txt"], ReadOptions(language="fr"))
    assert (told.files_changed, told.files_unchanged, told.items_added) == (1, 0, 1)
    assert languages(index) == {"sw": 1, "fr": 1}
    assert len(index) == 2
    assert index.verify()


def test_what_was_told_of_an_unchanged_file_holds_until_something_else_is_told(
    index: Index, folder: Path
) -> None:
    ingest(index, [folder])
    assert ingest(index, [folder], ReadOptions(language="sw")).files_changed == 2
    assert ingest(index, [folder]).files_unchanged == 2
    os.utime(folder / "a.txt", ns=(1, 1))
    assert ingest(index, [folder]).files_unchanged == 2
    assert languages(index) == {"sw": 2}
    assert ingest(index, [folder], ReadOptions(language="sw")).files_unchanged == 2
    assert ingest(index, [folder], ReadOptions(language="und")).files_changed == 2
    assert languages(index) == {"und": 2}
    assert index.verify()


def test_a_run_that_died_under_one_language_does_not_mix_with_one_under_another(
    index: Index, tmp_path: Path
) -> None:
    lines = [f"line number {i}" for i in range(30)]
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    digest = told_digest(content_digest(path), "sw")
    committed = [Item(line, path=str(path), position=i, language="sw") for i, line in enumerate(lines[:10])]
    with index.writer() as writer:
        writer.begin_file(FileState(str(path), digest))
        writer.append(committed, digest, encode_items(index.encoder, committed))
    assert languages(index) == {"sw": 10}
    assert ingest(index, [path], ReadOptions(language="fr")).items_added == 30
    assert languages(index) == {"fr": 30}
    assert texts(index) == sorted(lines)
    assert index.verify()


def test_a_run_that_died_goes_on_under_the_same_language(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "lines.txt", "one paragraph", "two paragraphs")
    digest = told_digest(content_digest(path), "sw")
    committed = [Item("one paragraph", path=str(path), language="sw")]
    with index.writer() as writer:
        writer.begin_file(FileState(str(path), digest))
        writer.append(committed, digest, encode_items(index.encoder, committed))
    assert ingest(index, [path], ReadOptions(language="sw")).items_added == len(index) - 1


def test_an_index_that_kept_no_language_is_read_again_once_it_is_told(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "habari ya asubuhi")
    digest = content_digest(path)
    item = Item("habari ya asubuhi", path=str(path), language="sw")
    facts = path.stat()
    with index.writer() as writer:
        writer.begin_file(FileState(str(path), digest, facts.st_size, facts.st_mtime_ns))
        writer.append([item], digest, encode_items(index.encoder, [item]))
        writer.finish_file(str(path))
    assert ingest(index, [path]).files_unchanged == 1
    assert ingest(index, [path], ReadOptions(language="sw")).files_changed == 1
    assert ingest(index, [path], ReadOptions(language="sw")).files_unchanged == 1
    assert len(index) == 1
    assert index.verify()


def test_a_told_language_reaches_the_model_when_a_recording_is_read_again(
    tmp_path: Path, encoder: HashedWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, ...]] = []
    hear = encoder.encode_speech

    def listen(recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        heard.extend(recording.languages for recording in recordings)
        return hear(recordings, role=role)

    monkeypatch.setattr(encoder, "encode_speech", listen)
    index = Index.create(tmp_path / "told", encoder)
    recording = Path(str(files("polyvox"))) / "samples" / "queries" / "sw.ogg"
    ingest(index, [recording])
    ingest(index, [recording], ReadOptions(language="sw"))
    assert heard == [(), ("sw",)]
    assert len(index) == 1
