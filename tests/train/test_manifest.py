from pathlib import Path

import pytest

from polyvox.train.manifest import COLUMNS, ManifestError, Recording, read_manifest, write_manifest

ROW = Recording("a/b.ogg", "fr", "words/cat", "train", "le chat", "en", "the cat", 1.25)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.tsv"
    write_manifest(path, [ROW])
    assert read_manifest(path) == [ROW]
    assert path.read_text().splitlines()[0].split("\t") == list(COLUMNS)


def test_a_missing_manifest_column_path_or_duration_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.tsv"
    with pytest.raises(ManifestError, match="no such manifest"):
        read_manifest(path)
    path.write_text("path\tlanguage\na.ogg\tfr\n")
    with pytest.raises(ManifestError, match="column 'key' is missing"):
        read_manifest(path)
    path.write_text("\t".join(COLUMNS) + "\n" + "\tfr\tk\t\t\t\t\t1\n")
    with pytest.raises(ManifestError, match="line 2: the row has no path"):
        read_manifest(path)
    path.write_text("\t".join(COLUMNS) + "\n" + "a.ogg\tfr\tk\t\t\t\t\tlong\n")
    with pytest.raises(ManifestError, match="line 2: 'seconds' is not a number"):
        read_manifest(path)
